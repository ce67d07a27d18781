"""Runs the demo until Ctrl-C; script/demo sets up and calls this."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
import fcntl
import os
from pathlib import Path
import shutil
import signal
import socket
import sys

from aiohttp import ClientError

from tests.seam_sandbox import API_KEY
from tests.seam_sandbox.control import PREFIX

from .children import Child, running
from .client import PASSWORD, USER, HomeAssistant, RefusedError
from .configuration import ROOT, make_folder
from .dashboard import URL_PATH, find_parts, make_dashboard
from .house import arguments
from .integration import SetUpError, set_up

HOST = "127.0.0.1"
RESTART = 100  # what Home Assistant ends with when it is to be started again
START_SECONDS = 120

HELP = """\
Opens a real Home Assistant beside a house with simulated Seam locks, until
Ctrl-C. With SEAM_API_KEY in the environment it shows the locks of your own
workspace instead.
"""

HOW_TO_PLAY = """\

  Open     {url}
  Sign in  {user} / {password}

  Lock and unlock on the left. On the right is the truth: turn a bolt by hand,
  open a door, enter a code, jam a bolt or take a lock offline, and see what
  Home Assistant says. Only an open door may take a minute to show: Seam has
  no news of doors, so they are asked. The house alone: {house}

  Automations, scripts and scenes that you save work at once, such as those of
  README.md. What they send to notify.my_phone shows under Notifications.

  Ctrl-C ends it all. Its log: {log}
"""

HOW_TO_USE = """\

  Open     {url}
  Sign in  {user} / {password}

  These are the real locks of your workspace.

  Ctrl-C ends it all, and removes your key from this machine. Its log: {log}
"""


class DemoError(Exception):
    """The demo cannot go on; the text tells a person why, and the cure."""


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, flush=True)  # noqa: T201 - it is a script


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="script/demo", description=HELP)
    parser.add_argument(
        "--port",
        type=int,
        default=8123,
        help="of Home Assistant; 0: a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--sandbox-port",
        type=int,
        default=8642,
        help="of the simulated Seam; 0: a free one (default: %(default)s)",
    )
    return parser.parse_args()


def free_port(port: int, option: str) -> int:
    """Return a port that nobody listens on.

    Args:
        port: the one that is wanted; 0: any.
        option: of the command line, that chooses another one.

    Raises:
        DemoError: it is taken.
    """
    with socket.socket() as listener:
        # As servers do: a connection that has just ended does not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as err:
            raise DemoError(
                f"Port {port} cannot be used ({err.strerror}). End what listens "
                f"there, or choose another one: script/demo {option} 0"
            ) from None
        chosen: int = listener.getsockname()[1]
        return chosen


@contextmanager
def own_folder() -> Iterator[Path]:
    """Yield the folder of the demo, which only one demo uses at a time."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    folder = state / "seam-home-assistant"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                "A demo is running already. End it with Ctrl-C first."
            ) from None
        yield folder / "demo"


class Demo:
    """A Home Assistant, and the simulated Seam beside it."""

    def __init__(self, folder: Path, port: int, sandbox_port: int | None) -> None:
        """Choose where; nothing is started yet.

        Args:
            folder: Home Assistant's configuration, which is made anew.
            port: of Home Assistant.
            sandbox_port: of the sandbox; None: a real workspace is used.
        """
        self._folder = folder
        self._port = port
        self._sandbox_port = sandbox_port
        self._url = f"http://{HOST}:{port}"
        self._sandbox_url = f"http://{HOST}:{sandbox_port}"
        self._house = None if sandbox_port is None else f"{self._sandbox_url}{PREFIX}/"
        self._log = folder / "home-assistant.log"

    async def run(self, api_key: str, endpoint: str | None) -> None:
        """Start everything and stay until something ends.

        Args:
            api_key: of the workspace.
            endpoint: where it is, when not in the sandbox; None: at Seam.

        Raises:
            DemoError: something ended by itself, or did not start.
        """
        try:
            make_folder(self._folder, self._port)
        except FileExistsError:
            raise DemoError(
                f"{self._folder} holds something else. Move it away first."
            ) from None
        try:
            async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
                if self._house is not None:
                    say("Starting the simulated Seam ...")
                    endpoint = self._sandbox_url
                    sandbox = await stack.enter_async_context(self._sandbox())
                    group.create_task(self._watch_sandbox(sandbox))
                say("Starting Home Assistant (about 10 seconds) ...")
                group.create_task(self._keep_home_assistant())
                group.create_task(self._set_up(api_key, endpoint))
        except ExceptionGroup as errors:
            # Once one task fails, the others are cancelled.
            raise errors.exceptions[0] from None

    def _running(self, log: str, *module: str) -> AbstractAsyncContextManager[Child]:
        # A real key goes to Home Assistant through its config flow only.
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SEAM_")
        }
        return running(
            sys.executable,
            "-m",
            *module,
            log=self._folder / log,
            cwd=ROOT,
            environment=environment,
        )

    def _sandbox(self) -> AbstractAsyncContextManager[Child]:
        assert self._sandbox_port is not None
        return self._running("sandbox.log", *arguments(self._sandbox_port))

    async def _watch_sandbox(self, sandbox: Child) -> None:
        code = await sandbox.wait()
        raise DemoError(
            f"The simulated Seam ended by itself ({code}):\n{sandbox.tail()}"
        )

    async def _keep_home_assistant(self) -> None:
        command = (
            "homeassistant",
            "--config",
            str(self._folder),
            # What it needs is there. It must not move what the checkout has pinned.
            "--skip-pip",
            "--log-no-color",
        )
        code = RESTART
        while code == RESTART:
            async with self._running("console.log", *command) as child:
                code = await child.wait()
        raise DemoError(f"Home Assistant ended by itself ({code}):\n{child.tail()}")

    async def _set_up(self, api_key: str, endpoint: str | None) -> None:
        try:
            async with (
                asyncio.timeout(START_SECONDS),
                HomeAssistant(self._url) as assistant,
            ):
                await assistant.wait_for_server()
                await assistant.onboard()
                await assistant.wait_until_running()
                say("Adding Seam ...")
                entry_id = await set_up(assistant, api_key, endpoint)
                say("Making the dashboard ...")
                parts = await find_parts(assistant, entry_id)
                await make_dashboard(assistant, parts, self._house)
        except SetUpError as err:
            raise DemoError(f"Seam could not be set up. {err}") from None
        except TimeoutError:
            raise DemoError(
                f"Home Assistant did not get ready in {START_SECONDS} seconds. "
                f"Its log: {self._log}"
            ) from None
        except (ClientError, RefusedError) as err:
            raise DemoError(f"Home Assistant refused to be set up: {err}") from err
        say(
            (HOW_TO_USE if self._house is None else HOW_TO_PLAY).format(
                url=f"{self._url}/{URL_PATH}",
                user=USER,
                password=PASSWORD,
                house=self._house,
                log=self._log,
            )
        )


async def demo(options: argparse.Namespace, folder: Path) -> None:
    """Run the demo until it is cancelled."""
    port = free_port(options.port, "--port")
    if api_key := os.environ.get("SEAM_API_KEY", "").strip():
        try:
            await Demo(folder, port, None).run(api_key, os.environ.get("SEAM_ENDPOINT"))
        finally:
            # Home Assistant has stored the key there.
            shutil.rmtree(folder / ".storage", ignore_errors=True)
    else:
        sandbox_port = free_port(options.sandbox_port, "--sandbox-port")
        await Demo(folder, port, sandbox_port).run(API_KEY, None)


async def main() -> int:
    """Run the demo and return the exit code of the script."""
    options = parse_arguments()
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not task.cancelling():  # a second Ctrl-C must not stop the ending
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        with own_folder() as folder:
            await demo(options, folder)
    except DemoError as err:
        say(f"Error: {err}")
        return 1
    except asyncio.CancelledError:
        say("Ended.")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
