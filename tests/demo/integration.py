"""Sets up Seam in Home Assistant as a person would: through its config flow."""

import asyncio
import json
from typing import Any

from .client import HomeAssistant
from .configuration import ROOT

FLOWS = "/api/config/config_entries/flow"
SETTLED = {"loaded", "setup_error", "setup_retry", "migration_error"}


class SetUpError(Exception):
    """Seam could not be set up; the text tells a person why."""


async def set_up(assistant: HomeAssistant, api_key: str, endpoint: str | None) -> str:
    """Add a workspace and return the id of its config entry.

    Args:
        assistant: signed in.
        api_key: of the workspace.
        endpoint: other than Seam's own.

    Raises:
        SetUpError: the key was refused, or the locks cannot be read.
    """
    form = await assistant.post(FLOWS, {"handler": "seam"})
    if endpoint is None:
        endpoint = _default_endpoint(form)
    answer = await assistant.post(
        f"{FLOWS}/{form['flow_id']}",
        {"api_key": api_key, "advanced": {"endpoint": endpoint}},
    )
    if answer["type"] == "form" and answer["step_id"] == "workspace":
        choices = answer["data_schema"][0]["selector"]["select"]["options"]
        if len(choices) > 1:
            raise SetUpError(
                "This token has several workspaces. Use the API key of one of them."
            )
        answer = await assistant.post(
            f"{FLOWS}/{form['flow_id']}", {"workspace_id": choices[0]["value"]}
        )
    if answer["type"] != "create_entry":
        raise SetUpError(_why(answer))
    entry_id: str = answer["result"]["entry_id"]
    entry = await _settled(assistant, entry_id)
    if entry["state"] != "loaded":
        raise SetUpError(entry["reason"] or f"Seam's state is {entry['state']}.")
    return entry_id


def _default_endpoint(form: dict[str, Any]) -> str:
    [advanced] = [field for field in form["data_schema"] if field["name"] == "advanced"]
    endpoint: str = advanced["schema"][0]["default"]
    return endpoint


def _why(answer: dict[str, Any]) -> str:
    """Return what a person would read in the dialog."""
    path = ROOT / "custom_components" / "seam" / "translations" / "en.json"
    texts = json.loads(path.read_text(encoding="utf-8"))["config"]
    if answer["type"] == "abort":
        reason = answer["reason"]
        text: str = texts["abort"].get(reason, reason)
    else:
        keys = list(answer["errors"].values())
        text = " ".join(texts["error"].get(key, key) for key in keys)
    for name, value in (answer.get("description_placeholders") or {}).items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


async def _settled(assistant: HomeAssistant, entry_id: str) -> dict[str, Any]:
    while True:
        answer = await assistant.command("config_entries/get_single", entry_id=entry_id)
        entry: dict[str, Any] = answer["config_entry"]
        if entry["state"] in SETTLED:
            return entry
        await asyncio.sleep(0.1)
