"""Constants of the Seam integration."""

from datetime import timedelta
import logging
from typing import Final

DOMAIN: Final = "seam"
LOGGER: Final = logging.getLogger(__package__)

CONF_ENDPOINT: Final = "endpoint"
CONF_WORKSPACE_ID: Final = "workspace_id"
# What is registered at Seam to push to us: its id, its secret, and our address.
CONF_PUSH: Final = "push"
CONF_CLOUDHOOK_URL: Final = "cloudhook_url"
CONF_NAMES_IN_HISTORY: Final = "names_in_history"

CONSOLE_URL: Final = "https://console.seam.co"

# How often the list of devices is read, for each page of it: requests per hour
# stay the same however many locks there are.
READ_INTERVAL: Final = timedelta(seconds=60)
# The same while push is proven alive; door sensors have no events, so with one
# of them the pace stays.
READ_INTERVAL_WITH_PUSH: Final = timedelta(minutes=5)
# Readings that events ask for come no closer together than this, in seconds.
READ_COOLDOWN: Final = 3.0
# How long the last proof stands while Seam cannot be read, in seconds.
GRACE: Final = 15 * 60.0
# When a disputed lock is read again, in seconds after the dispute began.
LADDER: Final = (2.0, 5.0, 10.0, 20.0, 40.0)
# A lock that locks itself is read again this long after it was unlocked, when it
# does not say how long it waits, and this much after it should have locked.
RELOCK_DELAY: Final = 30.0
RELOCK_MARGIN: Final = 5.0

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
