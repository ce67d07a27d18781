"""What survives a restart: one file an entry, with a section for each part."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from ..const import DOMAIN

VERSION = 1

# What a part keeps; JSON.
type Section = dict[str, Any]


def _file(hass: HomeAssistant, entry_id: str) -> Store[dict[str, Section]]:
    return Store(
        hass, VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
    )


async def async_remove_store(hass: HomeAssistant, entry_id: str) -> None:
    """Delete what an entry has kept."""
    await _file(hass, entry_id).async_remove()


class SeamStore:
    """Keeps what each part registers, and gives it back after a restart."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start empty; nothing is read yet."""
        self._file = _file(hass, entry_id)
        self._sections: dict[str, Section] = {}
        self._providers: dict[str, Callable[[], Section]] = {}

    async def async_load(self) -> None:
        """Read what was kept before the last restart."""
        stored = await self._file.async_load()
        if stored is not None:
            self._sections = stored

    def section(self, name: str) -> Section | None:
        """Return what a part had kept, None when there is nothing."""
        return self._sections.get(name)

    @callback
    def register(self, name: str, provider: Callable[[], Section]) -> None:
        """Ask a part for its section whenever something is saved."""
        self._providers[name] = provider

    @callback
    def async_save_soon(self, delay: float) -> None:
        """Save within some seconds."""
        self._file.async_delay_save(self._sections_now, delay)

    async def async_save(self) -> None:
        """Save now."""
        await self._file.async_save(self._sections_now())

    def _sections_now(self) -> dict[str, Section]:
        return {name: provider() for name, provider in self._providers.items()}
