"""Takes the picture of the README: python -m tests.e2e.screenshot."""

import asyncio
from contextlib import suppress
from pathlib import Path
import tempfile

from playwright.async_api import expect

from tests.demo.client import RefusedError

from .browser import dashboard, tile
from .running_demo import ROOT, lock_ids, running_demo, signed_in

PICTURE = ROOT / "docs" / "images" / "demo.png"


async def take() -> None:
    """Stage a scene in the house, and take its picture."""
    expect.set_options(timeout=20_000)
    with tempfile.TemporaryDirectory() as state:
        async with running_demo(Path(state)) as demo, dashboard(demo.url) as page:
            await page.get_by_role("button", name="Sidebar toggle").click()
            await demo.house("turn_bolt", door="Front Door", thrown=False)
            await demo.house("open_door", door="Front Door")
            await demo.house("jam", door="Guest Suite")
            async with signed_in(demo) as assistant:
                guest_suite = {"entity_id": (await lock_ids(assistant))["Guest Suite"]}
                with suppress(RefusedError):  # that is what a jam does
                    await assistant.post("/api/services/lock/unlock", guest_suite)
            await demo.house("tune", door="Back Door", command_seconds=5)
            state_of_back_door, _, unlock = tile(page, "Back Door")
            await unlock.click()
            await expect(state_of_back_door).to_contain_text("Unlocking")
            await page.mouse.move(640, 28)
            await page.wait_for_timeout(1500)
            PICTURE.parent.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=PICTURE)


if __name__ == "__main__":
    asyncio.run(take())
