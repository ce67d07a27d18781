"""Walks through the demo as a person would, with pictures of each step.

python -m tests.e2e.walk FOLDER

Prints what Home Assistant said and what was true after each step. Ends with 1 when
they disagree; the pictures are for a person to look at.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
import sys
import tempfile
import time

from playwright.async_api import Page, async_playwright

from tests.demo.client import HomeAssistant, RefusedError

from .browser import BROWSER, FLAGS, dashboard, tile
from .running_demo import Demo, lock_ids, running_demo, signed_in

# How long a lock may take to say what is true, in seconds.
TIMEOUT = 30.0
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)  # noqa: T201 - it is a script


@dataclass(slots=True)
class Walk:
    """What a walk needs, and what it has found.

    Attributes:
        demo: the running demo.
        assistant: its Home Assistant, signed in.
        page: its dashboard in a browser, on a desktop.
        folder: where the pictures go.
        ids: the locks' entity ids, by name.
        wrong: the steps after which Home Assistant did not say what is true.
    """

    demo: Demo
    assistant: HomeAssistant
    page: Page
    folder: Path
    ids: dict[str, str]
    wrong: list[str] = field(default_factory=list)
    taken: int = 0

    async def picture(self, name: str) -> None:
        """Take a picture of the dashboard."""
        self.taken += 1
        await self.page.screenshot(path=self.folder / f"{self.taken:02}-{name}.png")

    async def press(self, door: str, action: str) -> None:
        """Press a button on a lock's tile."""
        _, lock, unlock = tile(self.page, door)
        await (lock if action == "lock" else unlock).click()

    async def call(self, door: str, action: str) -> str:
        """Call an action and return how that ended."""
        began = time.monotonic()
        try:
            await self.assistant.command(
                "call_service",
                domain="lock",
                service=action,
                target={"entity_id": self.ids[door]},
            )
            truth = (await self.demo.doors())[door]
            how = "returned"
            if truth["moving"] or truth["bolt_thrown"] is not (action == "lock"):
                how = "WRONGLY returned"
                self.wrong.append(f"lock.{action} before its end")
        except RefusedError as err:
            how = f"failed with {err}"
        return f"lock.{action} {how} after {time.monotonic() - began:.1f} s"

    async def check(self, step: str, door: str) -> None:
        """Wait until Home Assistant says what is true, and tell how long it took."""
        began = time.monotonic()
        said: list[str] = []
        while True:
            truth = (await self.demo.doors())[door]
            state = await self.assistant.state(self.ids[door])
            if not said or said[-1] != state:
                said.append(state)
            true = "locked" if truth["bolt_thrown"] else "unlocked"
            took = time.monotonic() - began
            if truth["moving"] is None and state == true:
                verdict = f"right after {took:.1f} s"
                break
            if took > TIMEOUT:
                verdict = f"WRONG for {took:.0f} s"
                self.wrong.append(step)
                break
            await asyncio.sleep(0.2)
        say(f"{step}: {' > '.join(said)}; the bolt: {true}; {verdict}")


async def quick_turns(walk: Walk) -> None:
    """Lock, unlock and lock again, before any of them has ended."""
    door = "Garage Side Door"  # it stands unlocked
    await walk.demo.house("tune", door=door, command_seconds=4)
    calls = []
    for number, action in enumerate(("lock", "unlock", "lock"), 1):
        # A tile's buttons rest while a lock moves; other people and automations do not.
        calls.append(asyncio.create_task(walk.call(door, action)))
        await asyncio.sleep(1.5)
        await walk.picture(f"quick-turn-{number}-{action}")
    for number, ended in enumerate(await asyncio.gather(*calls), 1):
        say(f"call {number} {ended}")
    await walk.picture("quick-turns-ended")
    await walk.check("lock, unlock, lock in quick turns", door)
    for action in ("unlock", "lock"):
        await walk.press(door, action)
        await asyncio.sleep(6)
        await walk.check(f"{action} alone", door)


async def jam(walk: Walk) -> None:
    """A bolt jams on its way, and is freed."""
    door = "Front Door"
    await walk.demo.house("jam", door=door)
    await walk.press(door, "unlock")
    await asyncio.sleep(3)
    await walk.picture("jam")
    say(f"a jam: {await walk.assistant.state(walk.ids[door])}")
    await walk.demo.house("unjam", door=door)
    await walk.press(door, "unlock")
    await asyncio.sleep(3)
    await walk.picture("jam-freed")
    await walk.check("after a jam", door)
    await walk.press(door, "lock")
    await walk.check("locked after a jam", door)


async def accepted_only(walk: Walk) -> None:
    """A brand accepts commands and never confirms them; with events, and without."""
    door = "Guest Suite"
    for step, faults in (
        ("accepted only, with events", ()),
        ("accepted only, without events", ("event_dropped",)),
    ):
        for kind in faults:
            await walk.demo.house("add_fault", kind=kind)
        for action in ("unlock", "lock"):
            await walk.press(door, action)
            await asyncio.sleep(2)
            await walk.picture(f"{step}-{action}".replace(",", "").replace(" ", "-"))
            await walk.check(f"{step}: {action}", door)
        await walk.demo.house("clear_faults")


async def reload_in_the_middle(walk: Walk) -> None:
    """The entry and the page are loaded again while a command is on its way."""
    door = "Back Door"
    await walk.demo.house("tune", door=door, command_seconds=4, auto_lock=0)
    [entry] = await walk.assistant.command("config_entries/get", domain="seam")
    for action in ("unlock", "lock"):
        await walk.press(door, action)
        await asyncio.sleep(1.5)
        await walk.assistant.post(
            f"/api/config/config_entries/entry/{entry['entry_id']}/reload"
        )
        await walk.page.reload()
        await tile(walk.page, door)[0].wait_for()
        await walk.page.wait_for_timeout(500)  # until it is drawn
        await walk.picture(f"reload-in-the-middle-of-{action}")
        await asyncio.sleep(2)
        await walk.check(f"a reload in the middle of {action}", door)


async def never_ends(walk: Walk) -> None:
    """A command hangs; then all faults are cleared on the house's own page."""
    door = "Workshop"
    house = walk.page.frame_locator("iframe")
    await house.get_by_role("button", name="Next command never ends").click()
    await walk.press(door, "unlock")
    await asyncio.sleep(2)
    await walk.picture("a-command-never-ends")
    await house.get_by_role("button", name="Clear all faults").click()
    await asyncio.sleep(2)
    await walk.picture("no-faults")
    await walk.check("a command that hung", door)


STEPS = (quick_turns, jam, accepted_only, reload_in_the_middle, never_ends)


async def portraits(demo: Demo, folder: Path) -> None:
    """Take pictures of the dashboard and the house: desktop and phone, light, dark."""
    for size, (width, height) in SIZES.items():
        for dark in (False, True):
            name = f"{size}-{'dark' if dark else 'light'}"
            async with dashboard(demo.url, width=width, height=height, dark=dark) as at:
                await at.wait_for_timeout(3000)
                await at.screenshot(path=folder / f"dashboard-{name}.png")
                house = at.locator("iframe")
                await house.scroll_into_view_if_needed()
                await at.wait_for_timeout(1000)
                await at.screenshot(path=folder / f"dashboard-house-{name}.png")
                await at.goto(f"{demo.url}/logbook")
                await at.wait_for_timeout(3000)
                await at.screenshot(path=folder / f"logbook-{name}.png")
            async with _house(demo, width=width, height=height, dark=dark) as at:
                await at.screenshot(path=folder / f"house-{name}.png", full_page=True)


@asynccontextmanager
async def _house(
    demo: Demo, *, width: int, height: int, dark: bool
) -> AsyncGenerator[Page]:
    """Open the house by itself."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=BROWSER, args=FLAGS, timeout=60_000
        )
        page = await browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        await page.goto(f"{demo.house_url}/")
        await page.locator(".door").first.wait_for()
        yield page
        await browser.close()


async def walk_through(folder: Path) -> list[str]:
    """Walk, and return the steps after which something was wrong."""
    with tempfile.TemporaryDirectory() as state:
        async with running_demo(Path(state)) as demo, signed_in(demo) as assistant:
            async with dashboard(demo.url) as page:
                walk = Walk(demo, assistant, page, folder, await lock_ids(assistant))
                await tile(page, "Front Door")[0].wait_for()
                await walk.picture("start")
                for step in STEPS:
                    say(f"-- {step.__doc__}")
                    await step(walk)
            await portraits(demo, folder)
    return walk.wrong


def main() -> int:
    """Walk, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.walk")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    wrong = asyncio.run(walk_through(folder))
    say("Wrong: " + ", ".join(wrong) if wrong else "All was as true as it was said.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
