"""The simulated house of the demo."""

from tests.seam_sandbox.catalogue import Names

LOCKS = 8
NAMES = Names(house="Demo House", guest="Alice", cleaner="Bob")


def arguments(port: int) -> list[str]:
    """Return the command line of the sandbox, after `python -m`."""
    return [
        "tests.seam_sandbox",
        f"--port={port}",
        f"--locks={LOCKS}",
        f"--house-name={NAMES.house}",
        f"--guest-name={NAMES.guest}",
        f"--cleaner-name={NAMES.cleaner}",
    ]
