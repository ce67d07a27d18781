"""The demo's dashboard in the real frontend, in a real browser."""

from pathlib import Path
import signal
import sys

from playwright.async_api import expect
import pytest

from .browser import BROWSER, dashboard, tile
from .running_demo import running_demo

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.skipif(
        BROWSER is None, reason="no Chromium here; install your system's package"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc"),
]


async def test_the_dashboard(tmp_path: Path) -> None:
    expect.set_options(timeout=20_000)
    async with running_demo(tmp_path) as demo:
        # Slow enough that nobody misses it.
        await demo.house("tune", door="Front Door", command_seconds=3)
        async with dashboard(demo.url) as page:
            state, lock, unlock = tile(page, "Front Door")
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
            door = page.frame_locator("iframe").locator(".door")
            front_door = door.filter(has_text="Front Door")
            await front_door.get_by_role("button", name="Unlock by hand").click()
            await expect(state).to_contain_text("Unlocked")
            await expect(state).to_contain_text("By hand")

        demo.interrupt(signal.SIGTERM)
        assert await demo.wait_for_end() == 0
        assert demo.processes() == set()
