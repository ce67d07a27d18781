"""The demo's dashboard in the real frontend, in a real browser."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import os
from pathlib import Path
import shutil
import signal
import sys

from playwright.async_api import Page, async_playwright, expect
import pytest

from .running_demo import running_demo

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
# Where to put the picture for the README: SEAM_SCREENSHOT=docs/images/demo.png
SCREENSHOT = os.environ.get("SEAM_SCREENSHOT")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(
        BROWSER is None, reason="no Chromium here; install your system's package"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


@asynccontextmanager
async def browser_page(url: str) -> AsyncGenerator[Page]:
    """Open a page in a browser of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=BROWSER, args=FLAGS, timeout=60_000
        )
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        page = await context.new_page()
        page.set_default_timeout(20_000)
        await page.goto(url)
        yield page
        await browser.close()


async def test_the_dashboard(tmp_path: Path) -> None:
    expect.set_options(timeout=20_000)
    async with running_demo(tmp_path) as demo:
        # Slow enough that nobody misses it.
        await demo.house("tune", door="Front Door", command_seconds=3)
        async with browser_page(demo.url) as page:
            await page.get_by_role("textbox", name="Username").fill("demo")
            await page.get_by_role("textbox", name="Password").fill("demo")
            await page.get_by_role("button", name="Log in").click()
            await page.wait_for_url("**/seam-demo/**")

            tile = page.locator("hui-tile-card").filter(has_text="Front Door")
            lock, unlock = (tile.locator("ha-control-button").nth(i) for i in (0, 1))
            state = tile.locator("state-display")
            await expect(state).to_contain_text("Locked")

            await unlock.click()
            await expect(state).to_contain_text("Unlocking")
            await expect(state).to_contain_text("Unlocked")
            assert not (await demo.doors())["Front Door"]["bolt_thrown"]
            await lock.click()
            await expect(state).to_contain_text("Locking")
            await expect(state).to_contain_text("Locked")
            assert (await demo.doors())["Front Door"]["bolt_thrown"]

            # A hand in the house, on the page beside.
            house = page.frame_locator("iframe")
            door = house.locator(".door").filter(has_text="Front Door")
            await door.get_by_role("button", name="Draw bolt by hand").click()
            await expect(state).to_contain_text("Unlocked")
            await expect(state).to_contain_text("By hand")
            if SCREENSHOT:
                await asyncio.sleep(2)
                await page.screenshot(path=SCREENSHOT)

        demo.interrupt(signal.SIGTERM)
        assert await demo.wait_for_end() == 0
        assert demo.processes() == set()
