"""Constants of the Seam integration."""

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
