"""The page draws the house as it is, and its buttons do what they say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import re
import shutil

from playwright.async_api import Page, async_playwright, expect
import pytest

from . import Plan, SeamSandbox
from .catalogue import AUGUST

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        BROWSER is None, reason="no Chromium here; install your system's package"
    ),
]


@asynccontextmanager
async def _browser_page(url: str) -> AsyncGenerator[Page]:
    """Open a page in a browser of its own, that wants nothing of the internet."""
    flags = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=BROWSER, args=flags)
        page = await browser.new_page()
        await page.goto(url)
        yield page
        await browser.close()


async def test_the_buttons(socket_enabled: None) -> None:
    sandbox = SeamSandbox(3)
    await sandbox.start()
    complaints: list[str] = []
    async with _browser_page("about:blank") as page:
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(sandbox.url)
        card = page.locator(".door").filter(has_text="Front Door")
        truth = card.locator(".truth")

        async def press(name: str, text: str) -> None:
            await card.get_by_role("button", name=name).click()
            await expect(truth).to_have_text(text)

        await expect(truth).to_have_text("Bolt thrown, door closed")
        await press("Unlock by hand", "Bolt drawn, door closed")
        await press("Open door", "Bolt drawn, door open")
        await press("Lock by hand", "Bolt thrown, door open")
        await expect(card.get_by_role("button", name="Close door")).to_be_disabled()
        await press("Unlock by hand", "Bolt drawn, door open")
        await press("Close door", "Bolt drawn, door closed")
        await press("Lock by hand", "Bolt thrown, door closed")
        await press("Enter the code", "Bolt drawn, door closed")
        await card.get_by_text("More to do").click()
        await press("Jam the bolt", "Bolt jammed, drawn, door closed")
        await press("Free the bolt", "Bolt drawn, door closed")
        await press("Brand's app", "Bolt thrown, door closed")
        await card.get_by_role("button", name="Wrong code").click()
        await card.get_by_role("button", name="Take offline").click()
        await expect(card.locator("[data-chip=signal]")).to_have_text("offline")
        await expect(card.locator("[data-chip=seam]")).to_have_text("Seam: no position")
        await card.get_by_role("button", name="Bring online").click()
        await card.locator("[data-battery=battery]").fill("5")
        await expect(card.locator("[data-chip=battery]")).to_have_text("battery 5 %")
        await page.get_by_role("button", name="Seam is down").click()
        await expect(page.locator("#active")).to_contain_text("http status")
        await page.get_by_role("button", name="Clear all faults").click()
        await expect(page.locator("#active")).to_have_text("No faults.")

        # What happens without the page shows up as well.
        sandbox.add_lock("Attic")
        await expect(page.locator(".door")).to_have_count(6)
        sandbox.remove_device("Attic")
        await expect(page.locator(".door")).to_have_count(5)
        await sandbox.stop()
        await expect(page.locator("#lost")).to_be_visible()
    assert {event["event_type"] for event in sandbox.events} >= {
        "lock.access_denied",
        "device.disconnected",
        "device.connected",
        "device.low_battery",
    }
    # It only complains that the sandbox has gone.
    assert not [text for text in complaints if "ERR_" not in text]


async def test_a_name_is_text_and_never_more(socket_enabled: None) -> None:
    name = "<img src=x onerror=document.title='gone'>"
    sandbox = SeamSandbox(plans=[Plan(name=name, model=AUGUST)])
    await sandbox.start()
    async with _browser_page(sandbox.url) as page:
        await expect(page.locator(".door h2")).to_have_text(name)
        assert await page.title() == "The house behind Seam"
    await sandbox.stop()


async def test_no_fault_is_left_after_commands_that_hang_and_jam(
    socket_enabled: None,
) -> None:
    sandbox = SeamSandbox(3)
    await sandbox.start()
    async with _browser_page(sandbox.url) as page:
        card = page.locator(".door").filter(has_text="Front Door")
        truth, problem = card.locator(".truth"), card.locator("[data-chip=problem]")
        await page.get_by_role("button", name="Next command never ends").click()
        attempt = sandbox.attempts.start(sandbox.door("Front Door"), lock=False)
        # The bolt does not move, and the page does not say that it does.
        await expect(problem).to_have_text("a command never ends")
        await expect(truth).to_have_text("Bolt thrown, door closed")
        await expect(page.locator("#active")).to_contain_text("a command never ends")
        sandbox.jam("Back Door")
        await page.get_by_role("button", name="Clear all faults").click()
        await expect(problem).to_be_empty()
        await expect(page.locator("#active")).to_have_text("No faults.")
        back_door = page.locator(".door").filter(has_text="Back Door")
        await expect(back_door.locator(".truth")).to_have_text(
            "Bolt thrown, door closed"
        )
    assert attempt.status == "error"
    assert not list(sandbox.attempts.pending())
    await sandbox.stop()


@pytest.mark.parametrize("width", [1280, 390])
async def test_it_is_dark_where_a_person_wants_it_dark(
    socket_enabled: None, width: int
) -> None:
    sandbox = SeamSandbox(3)
    await sandbox.start()
    async with _browser_page("about:blank") as page:
        await page.set_viewport_size({"width": width, "height": 800})
        shade = "getComputedStyle(document.querySelector('{}')).{}"
        for is_dark in (False, True):
            await page.emulate_media(color_scheme="dark" if is_dark else "light")
            await page.goto(sandbox.url)
            await expect(page.locator(".door")).to_have_count(5)
            background = await page.evaluate(shade.format("body", "backgroundColor"))
            text = await page.evaluate(shade.format(".door h2", "color"))
            assert (_brightness(background) < 60) is is_dark
            assert abs(_brightness(background) - _brightness(text)) > 150
            # Nothing sticks out at the side.
            assert await page.evaluate("document.body.scrollWidth") <= width
    await sandbox.stop()


async def test_it_can_be_made_dark_by_hand(socket_enabled: None) -> None:
    """Home Assistant's own setting does not reach a page inside of it."""
    sandbox = SeamSandbox(3)
    await sandbox.start()
    background = "getComputedStyle(document.body).backgroundColor"
    async with _browser_page("about:blank") as page:
        await page.emulate_media(color_scheme="light")
        await page.goto(sandbox.url)
        await page.get_by_role("button", name="Dark").click()
        assert _brightness(await page.evaluate(background)) < 60
        await page.reload()
        assert _brightness(await page.evaluate(background)) < 60
        await page.get_by_role("button", name="Light").click()
        assert _brightness(await page.evaluate(background)) > 200
    await sandbox.stop()


def _brightness(color: str) -> float:
    """Return how bright a CSS color is, 0..255."""
    red, green, blue = (int(part) for part in re.findall(r"\d+", color)[:3])
    return 0.3 * red + 0.59 * green + 0.11 * blue
