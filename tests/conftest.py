"""What every test shares."""

from collections.abc import AsyncGenerator, Generator
import os

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from hypothesis import HealthCheck, settings
import pytest

from tests.conformance.document import Recorder
from tests.harness import Harness
from tests.seam_sandbox import SeamSandbox

IN_CI = os.environ.get("CI") == "true"

settings.register_profile(
    "seam",
    deadline=None,  # a busy machine is no bug
    derandomize=IN_CI,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "seam-deep", settings.get_profile("seam"), derandomize=False, max_examples=5000
)
settings.load_profile("seam-deep" if os.environ.get("SEAM_DEEP") else "seam")


def _skipped_means_failed(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A skipped part would hide in a green run, so CI refuses it."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr
        if isinstance(reason, tuple):
            reason = reason[2]
        report.outcome = "failed"
        report.longrepr = f"In CI nothing may be skipped. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    """Refuse skipped tests in CI."""
    report = yield
    _skipped_means_failed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    """Refuse skipped modules in CI."""
    report = yield
    _skipped_means_failed(report)
    return report


@pytest.fixture
async def harness(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    socket_enabled: None,
    enable_custom_integrations: None,
) -> AsyncGenerator[Harness]:
    """Return a house of eight locks, not yet set up in Home Assistant.

    All that is asked and answered is held against Seam's own API document.
    """
    async with Harness.with_locks(hass, freezer) as harness:
        recorder = Recorder()
        harness.sandbox.api.observers.append(recorder)
        yield harness
        if recorder.paths:
            recorder.check()


@pytest.fixture
def sandbox(harness: Harness) -> SeamSandbox:
    """Return the truth behind the harness."""
    return harness.sandbox
