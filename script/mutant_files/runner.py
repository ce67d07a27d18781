"""Runs tests in copies of the repository, unbroken and broken."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
import importlib.util
import json
import os
from pathlib import Path
import queue
import shutil
import subprocess
import sys
import time

import pytest

from .mutant import Mutant

# A test that takes longer than this hangs; seconds.
TIMEOUT = 120.0


class End(StrEnum):
    """How a mutant has ended."""

    KILLED = "killed"
    SURVIVED = "SURVIVED"
    # Its test does not pass without it.
    TEST_FAILS = "TEST FAILS WITHOUT IT"
    # Its text or its test is not there, or it can't be imported.
    BROKEN = "CANNOT BE RUN"


@dataclass(frozen=True, slots=True)
class Result:
    """How a mutant has ended, after how many seconds, and why when it is not good."""

    mutant: Mutant
    end: End
    seconds: float
    why: str = ""


class Copies:
    """Copies of the repository, as many as run at a time."""

    def __init__(self, root: Path, place: Path, count: int) -> None:
        """Copy what git knows of the tree, as it lies there.

        Args:
            root: of the repository.
            place: an empty folder.
            count: how many copies.
        """
        self._free: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._count = count
        listed = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached"],
            check=True,
            capture_output=True,
        ).stdout.decode()
        # What hypothesis or a tool may look for above the copy is not there.
        for number in range(count):
            copy = place / str(number)
            for name in filter(None, listed.split("\0")):
                if (root / name).is_file():
                    (copy / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(root / name, copy / name)
            (copy / ".venv").unlink(missing_ok=True)
            (copy / ".venv").symlink_to(root / ".venv", target_is_directory=True)
            subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
            self._free.put(copy)

    def unbroken(self, tests: Iterable[str]) -> dict[str, str]:
        """Run tests as they are; return how each case of them ended."""
        batches = _batches(sorted(set(tests)), self._count)
        with ThreadPoolExecutor(self._count) as pool:
            ends: dict[str, str] = {}
            for part in pool.map(self._run_batch, batches):
                ends |= part
            return ends

    def _run_batch(self, tests: Sequence[str]) -> dict[str, str]:
        if not tests:
            return {}
        copy = self._free.get()
        outcomes = copy / "outcomes.json"
        try:
            outcomes.unlink(missing_ok=True)
            _pytest(copy, tests, outcomes, timeout=TIMEOUT * len(tests))
            ends: dict[str, str] = json.loads(outcomes.read_text(encoding="utf-8"))
        except OSError, subprocess.TimeoutExpired:
            return {}
        finally:
            self._free.put(copy)
        return ends

    def broken(self, mutant: Mutant) -> Result:
        """Run the test of a mutant with its break."""
        copy = self._free.get()
        path = copy / mutant.path
        text = path.read_text(encoding="utf-8")
        begun = time.monotonic()
        try:
            _write(path, mutant.applied(text))
            end, why = _judge(copy, mutant.test)
        finally:
            _write(path, text)
            self._free.put(copy)
        return Result(mutant, end, time.monotonic() - begun, why)


def _judge(copy: Path, test: str) -> tuple[End, str]:
    try:
        done = _pytest(copy, ["-x", test], None, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return End.KILLED, "its test hangs"
    if done.returncode == pytest.ExitCode.TESTS_FAILED:
        return End.KILLED, ""
    if done.returncode == pytest.ExitCode.OK:
        return End.SURVIVED, ""
    # Whoever ends our processes, or an import that fails.
    said = done.stdout.strip().rpartition("\n")[2]
    return End.BROKEN, f"pytest ended with {done.returncode}: {said}"


def _pytest(
    copy: Path, arguments: Sequence[str], outcomes: Path | None, *, timeout: float
) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        # Nothing may be skipped, and dice fall the same way each time.
        "CI": "true",
        "SEAM_OUTCOMES": "" if outcomes is None else str(outcomes),
    }
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("-p", "script.mutant_files.outcomes", *arguments),
        ],
        cwd=copy,
        env=environment,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    # Python looks at seconds and size only, which may be the same as before.
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def _batches(tests: Sequence[str], count: int) -> list[list[str]]:
    """Return the tests in parts of the same size; those of one file stay near."""
    size = -(-len(tests) // count) or 1
    return [list(tests[at : at + size]) for at in range(0, len(tests), size)]
