"""The demo's dashboard: locks, doors, batteries and history beside the house."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .client import HomeAssistant

URL_PATH = "seam-demo"
NO_LOCKS = """\
This workspace has no locks yet. Connect some in the
[Seam Console](https://console.seam.co), then start the demo again.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """An entity of a lock, as the dashboard needs it.

    Attributes:
        entity_id: its id in Home Assistant.
        key: what it is, as in its unique id: `lock`, `door`, `battery` ...
        lock: name of the lock that it belongs to.
    """

    entity_id: str
    key: str
    lock: str


async def find_parts(assistant: HomeAssistant, entry_id: str) -> list[Part]:
    """Return the enabled entities of all locks, in Seam's order."""
    async with assistant.socket() as socket:
        devices = await socket.command("config/device_registry/list")
        entities = await socket.command("config/entity_registry/list")
    enabled = [
        entity
        for entity in entities
        if entity["config_entry_id"] == entry_id and entity["disabled_by"] is None
    ]
    return [
        Part(entity["entity_id"], _key(entity), device["name"])
        for device in devices  # as they were added
        for entity in enabled
        if entity["device_id"] == device["id"]
    ]


def _key(entity: dict[str, Any]) -> str:
    domain: str = entity["entity_id"].partition(".")[0]
    if domain == "lock":
        return domain
    unique_id: str = entity["unique_id"]
    return unique_id.rpartition("-")[2]


def _heading(text: str, icon: str) -> dict[str, Any]:
    return {"type": "heading", "heading": text, "icon": icon}


def _lock_tiles(parts: Iterable[Part]) -> list[dict[str, Any]]:
    return [
        {
            "type": "tile",
            "entity": part.entity_id,
            "name": part.lock,
            "state_content": ["state", "changed_by"],
            "features": [{"type": "lock-commands"}],
            "grid_options": {"columns": 6, "rows": 2},
        }
        for part in parts
    ]


def _glance(parts: Iterable[Part]) -> dict[str, Any]:
    return {
        "type": "glance",
        "columns": 4,
        "state_color": True,
        "entities": [{"entity": part.entity_id, "name": part.lock} for part in parts],
    }


def dashboard(parts: list[Part], house_url: str | None) -> dict[str, Any]:
    """Return the configuration of the dashboard.

    Args:
        parts: the entities.
        house_url: the page of the simulated house; None for a real workspace.
    """

    def of(key: str) -> list[Part]:
        return [part for part in parts if part.key == key]

    locks = of("lock")
    says = [_heading("Home Assistant says", "mdi:home-assistant"), *_lock_tiles(locks)]
    if doors := of("door"):
        says += [_heading("Doors", "mdi:door"), _glance(doors)]
    if not locks:
        says.append({"type": "markdown", "content": NO_LOCKS})
    sections = [says]
    if house_url is not None:
        sections.append(
            [
                _heading("The house: use your hands here", "mdi:hand-back-right"),
                {
                    "type": "iframe",
                    "url": house_url,
                    "hide_background": True,
                    "grid_options": {"columns": "full", "rows": 11},
                },
            ]
        )
    if batteries := of("battery"):
        sections.append([_heading("Batteries", "mdi:battery"), _glance(batteries)])
    if locks:
        sections.append(
            [
                _heading("History", "mdi:history"),
                {
                    "type": "logbook",
                    "target": {"entity_id": [part.entity_id for part in locks]},
                    "hours_to_show": 24,
                    "grid_options": {"columns": "full", "rows": 6},
                },
            ]
        )
    return {
        "title": "Seam demo",
        "views": [
            {
                "title": "Locks",
                "path": "locks",
                "type": "sections",
                "max_columns": 2,
                "sections": [{"type": "grid", "cards": cards} for cards in sections],
            }
        ],
    }


async def make_dashboard(
    assistant: HomeAssistant, parts: list[Part], house_url: str | None
) -> None:
    """Make the dashboard and have Home Assistant open with it."""
    async with assistant.socket() as socket:
        await socket.command(
            "lovelace/dashboards/create",
            url_path=URL_PATH,
            title="Seam demo",
            icon="mdi:door-closed-lock",
            show_in_sidebar=True,
            require_admin=False,
        )
        await socket.command(
            "lovelace/config/save",
            url_path=URL_PATH,
            config=dashboard(parts, house_url),
        )
        await socket.command(
            "frontend/set_system_data",
            key="core",
            value={"default_panel": URL_PATH},
        )
