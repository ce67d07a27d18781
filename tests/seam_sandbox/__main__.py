"""Run the sandbox by itself: python -m tests.seam_sandbox --port 8642 --locks 8."""

import argparse
import asyncio
import ipaddress
import signal
import sys

from .catalogue import Names
from .control import PREFIX
from .sandbox import LOOPBACK, SeamSandbox
from .workspaces import API_KEY


def _loopback(text: str) -> str:
    if text == "localhost":
        return LOOPBACK
    if ipaddress.ip_address(text).is_loopback:
        return text
    raise ValueError(text)


def _count(text: str) -> int:
    if (count := int(text)) < 0:
        raise ValueError(text)
    return count


# What argparse calls a value that one of these refuses.
_loopback.__name__ = "loopback address"
_count.__name__ = "count"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.seam_sandbox",
        description="A Seam of your own, with a house whose bolts you can turn.",
    )
    parser.add_argument("--host", default=LOOPBACK, type=_loopback)
    parser.add_argument("--port", default=8642, type=_count, help="0 takes a free one")
    parser.add_argument("--locks", default=8, type=_count)
    parser.add_argument("--api-key", default=API_KEY)
    names = Names()
    parser.add_argument("--house-name", default=names.house)
    parser.add_argument("--guest-name", default=names.guest, help="has a code")
    parser.add_argument("--cleaner-name", default=names.cleaner, help="has a code")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> int:
    sandbox = SeamSandbox(
        arguments.locks,
        api_key=arguments.api_key,
        names=Names(
            house=arguments.house_name,
            guest=arguments.guest_name,
            cleaner=arguments.cleaner_name,
        ),
    )
    try:
        await sandbox.start(arguments.port, arguments.host)
    except OSError as err:
        sys.stderr.write(
            f"{arguments.host} port {arguments.port} cannot be used: {err.strerror}\n"
        )
        return 1
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    sys.stdout.write(
        f"Seam sandbox with {arguments.locks} locks\n"
        f"Address: {sandbox.url}\n"
        f"API key: {sandbox.api_key}\n"
        f"House:   {sandbox.url}{PREFIX}/\n"
    )
    sys.stdout.flush()
    await done.wait()
    await sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_run(_arguments())))
