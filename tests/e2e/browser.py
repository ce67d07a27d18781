"""The demo's dashboard in a real browser."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import shutil

from playwright.async_api import Locator, Page, async_playwright

from tests.demo.client import PASSWORD, USER

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
# They keep it quiet where there is no internet.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def dashboard(
    url: str, *, width: int = 1280, height: int = 800, dark: bool = False
) -> AsyncGenerator[Page]:
    """Sign in with a browser of its own, to where Home Assistant opens.

    Args:
        url: of Home Assistant.
        width: of the window, in CSS pixels.
        height: the same.
        dark: the person's system is set to dark.
    """
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=BROWSER, args=FLAGS, timeout=60_000
        )
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        page = await context.new_page()
        page.set_default_timeout(20_000)
        await page.goto(url)
        await page.get_by_role("textbox", name="Username").fill(USER)
        await page.get_by_role("textbox", name="Password").fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.wait_for_url("**/seam-demo/**")
        yield page
        await browser.close()


def tile(page: Page, lock: str) -> tuple[Locator, Locator, Locator]:
    """Return the state on a lock's tile, and its lock and unlock buttons."""
    card = page.locator("hui-tile-card").filter(has_text=lock)
    buttons = card.locator("ha-control-button")
    return card.locator("state-display"), buttons.nth(0), buttons.nth(1)
