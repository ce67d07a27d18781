"""Runs the parts of the bench, each in a process of its own."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import asdict
import gc
from importlib import import_module
from importlib.metadata import version
import json
import logging
import os
import platform
import subprocess
import sys
import time

from .servers import ROOT
from .table import Row, markdown

PARTS = {
    "list": "listing",
    "command": "commands",
    "refresh": "refresh",
    "event": "events",
    "requests": "requests_per_hour",
    "memory": "memory",
    "truth": "truth",
    "split": "truth_split",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--inside", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("parts", nargs="*", metavar=f"{{{','.join(PARTS)}}}")
    arguments = parser.parse_args()
    if arguments.inside:
        asyncio.run(run(arguments.inside))
        return 0
    wanted = arguments.parts or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}; take {', '.join(PARTS)}")
    rows: list[Row] = []
    failed = False
    for name in wanted:
        began = time.monotonic()
        child = subprocess.run(
            [sys.executable, "-m", __package__, "--inside", name],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        failed |= child.returncode != 0
        rows += [Row(**json.loads(line)) for line in child.stdout.splitlines()]
        took = time.monotonic() - began
        print(f"{name}: {took:.0f} s", file=sys.stderr, flush=True)
    print(
        f"Python {platform.python_version()}, Home Assistant"
        f" {version('homeassistant')}, SDK {version('seam')},"
        f" {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
    )
    print(markdown(rows))
    return int(failed)


async def run(name: str) -> None:
    """Run one part, and print each row as a line of JSON."""
    # Home Assistant tells that a custom integration is one.
    logging.basicConfig(level=logging.ERROR)
    part = import_module(f".{PARTS[name]}", __package__)
    # So that collecting garbage does not go through all that was imported.
    gc.freeze()
    measure: Callable[[], AsyncGenerator[Row]] = part.measure
    async for row in measure():
        print(json.dumps(asdict(row)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
