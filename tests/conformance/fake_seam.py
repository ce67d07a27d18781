"""Seam's own fake server: installed once into a cache, started for the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import hashlib
import json
import os
from pathlib import Path
import select
import shutil
import subprocess
import tempfile
from typing import Any

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
# Seconds.
INSTALL_TIMEOUT = 300
TIMEOUT = 60


def missing() -> str | None:
    """Return why the fake cannot run on this machine, or None."""
    for name in ("node", "npm"):
        if shutil.which(name) is None:
            return f"Seam's fake server needs {name}; install Node 18 or newer"
    return None


def install() -> Path:
    """Return the folder with the fake in it; several processes may ask at once."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = home / "seam-home-assistant"
    cache.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in FILES))
    folder = cache / f"fake-seam-{digest.hexdigest()[:16]}"
    with (cache / "fake-seam.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            _install_into(folder)
    return folder


def _install_into(folder: Path) -> None:
    """Install beside the folder and rename, so that it is whole or absent."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        for name in FILES:
            shutil.copy(HERE / name, temporary)
        done = subprocess.run(
            [
                "npm",
                "ci",
                # It brings all that it needs along; the rest is only for types.
                "--omit=optional",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
            ],
            cwd=temporary,
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_TIMEOUT,
        )
        if done.returncode != 0:
            raise RuntimeError(f"Seam's fake was not installed: {done.stderr[-2000:]}")
        staged = folder.with_suffix(".new")
        shutil.rmtree(staged, ignore_errors=True)
        shutil.copytree(temporary, staged)
        staged.rename(folder)


class FakeSeam:
    """A running fake.

    Attributes:
        url: address, without a path.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Talk to a process that tells its address first."""
        self._process = process
        self.url = self._line()

    def do(self, command: str, **options: Any) -> None:
        """Change the fake's store; see fake_seam.mjs for the commands."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, options]) + "\n")
        self._process.stdin.flush()
        assert self._line() == "done"

    def _line(self) -> str:
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], TIMEOUT)
        if not ready or not (line := stdout.readline()):
            raise RuntimeError("Seam's fake says nothing")
        return line.strip()


@contextmanager
def run(folder: Path) -> Iterator[FakeSeam]:
    """Run a fake with its seed, on loopback; it ends when its input does."""
    with subprocess.Popen(
        ["node", str(HERE / "fake_seam.mjs"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield FakeSeam(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
