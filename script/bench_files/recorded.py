"""A server that asks the sandbox once, and from then on repeats its answers.

It knows the house in two states: in the second one, one lock in a hundred has a
little less charge. A request to TURN changes from one to the other.
"""

import argparse
import asyncio
import sys

from aiohttp import ClientSession, web

from tests.seam_sandbox import SeamSandbox
from tests.seam_sandbox.sandbox import LOOPBACK

TURN = "/_turn"
EVERY = 100
LESS = 0.01


async def main(port: int, locks: int) -> None:
    sandbox = SeamSandbox(locks)
    await sandbox.start()
    answers: dict[tuple[float, str, str, bytes], bytes] = {}
    less = 0.0

    async def answer(request: web.BaseRequest) -> web.Response:
        nonlocal less
        if request.path == TURN:
            less = LESS - less
            for number, door in enumerate(sandbox.house):
                if number % EVERY == 0:
                    sandbox.set_battery(door, round(0.9 - less, 2))
            return web.Response()
        asked = less, request.method, request.path_qs, await request.read()
        if asked not in answers:
            async with (
                ClientSession() as session,
                session.request(
                    request.method,
                    sandbox.url + request.path_qs,
                    data=asked[3],
                    headers={"Authorization": request.headers["Authorization"]},
                ) as response,
            ):
                response.raise_for_status()
                answers[asked] = await response.read()
        return web.Response(body=answers[asked], content_type="application/json")

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()
    taken = runner.addresses[0][1]
    print(f"Address: http://{LOOPBACK}:{taken}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--locks", type=int, required=True)
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.port, arguments.locks)))
