"""A plugin of pytest that writes down how each test ended.

The file is named by the environment variable SEAM_OUTCOMES.
"""

import json
import os
from pathlib import Path

import pytest

_ends: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if _ends.get(report.nodeid, "passed") == "passed":
        _ends[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    if path := os.environ.get("SEAM_OUTCOMES"):
        Path(path).write_text(json.dumps(_ends), encoding="utf-8")
