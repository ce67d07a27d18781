"""Constants of the Seam integration."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "seam"
LOGGER: Final = logging.getLogger(__package__)

CONF_ENDPOINT: Final = "endpoint"
CONF_WORKSPACE_ID: Final = "workspace_id"

CONSOLE_URL: Final = "https://console.seam.co"

# How often the list of devices is read, for each page of it: requests per hour
# stay the same however many locks there are.
READ_INTERVAL: Final = timedelta(seconds=60)
# How long the last proof stands while Seam cannot be read, in seconds.
GRACE: Final = 15 * 60.0
# When a disputed lock is read again, in seconds after the dispute began.
LADDER: Final = (2.0, 5.0, 10.0, 20.0, 40.0)

# Errors of a device that mean that nothing it says can be trusted.
UNREACHABLE_ERRORS: Final = frozenset(
    {
        "account_disconnected",
        "bridge_disconnected",
        "device_disconnected",
        "device_offline",
        "device_removed",
        "hub_disconnected",
    }
)
