"""What survives a restart: one file an entry, with a section for each part.

Nothing here raises: what cannot be read is as good as nothing, what cannot be
written is told in the log once. A lock works without its history.
"""

from collections.abc import Callable
from typing import Any, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.storage import Store

from .const import DOMAIN, LOGGER

VERSION = 1

# What a part keeps: a JSON object.
type Section = dict[str, Any]


class _File(Store[dict[str, Section]]):
    """The file; writing it never raises, not even in a task of its own."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        super().__init__(
            hass, VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._failed = False

    @override
    async def _async_write_data(self, data: dict[str, Any]) -> None:
        try:
            await super()._async_write_data(data)
        except Exception as err:  # noqa: BLE001 - whatever a disk can do wrong
            if not self._failed:
                LOGGER.warning("What Seam told cannot be kept over a restart: %s", err)
            self._failed = True
        else:
            self._failed = False


async def async_remove_store(hass: HomeAssistant, entry_id: str) -> None:
    """Delete what an entry has kept."""
    try:
        await _File(hass, entry_id).async_remove()
    except OSError as err:
        LOGGER.warning("What was kept of Seam cannot be deleted: %s", err)


class SeamStore:
    """Keeps what each part registers, and gives it back after a restart."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start empty; nothing is read yet."""
        self._hass = hass
        self._file = _File(hass, entry_id)
        self._sections: dict[str, Section] = {}
        self._providers: dict[str, Callable[[], Section]] = {}
        # Loop time of the next write, None when none is on its way.
        self._due: float | None = None

    async def async_load(self) -> None:
        """Read what was kept before the last restart; empty if it is no good."""
        try:
            stored: Any = await self._file.async_load()
        except Exception as err:  # noqa: BLE001 - whatever a file can hold
            LOGGER.warning("What was kept before the restart cannot be read: %s", err)
            return
        if stored is None:
            return
        if not isinstance(stored, dict):
            LOGGER.warning("What was kept before the restart has another shape")
            return
        self._sections = {
            name: section
            for name, section in stored.items()
            if isinstance(section, dict)
        }

    def section(self, name: str) -> Section | None:
        """Return what a part had kept, None when there is nothing.

        It is a JSON object; what is in it may be of any type.
        """
        return self._sections.get(name)

    @callback
    def register(self, name: str, provider: Callable[[], Section]) -> None:
        """Ask a part for its section whenever something is saved."""
        self._providers[name] = provider

    @callback
    def async_save_soon(self, delay: float) -> None:
        """Save within this many seconds; what is due sooner stays so."""
        due = self._hass.loop.time() + delay
        if self._due is None or due < self._due:
            self._due = due
            self._file.async_delay_save(self._sections_now, delay)

    async def async_save(self) -> None:
        """Save now."""
        await self._file.async_save(self._sections_now())

    def _sections_now(self) -> dict[str, Section]:
        self._due = None
        # A part that is not set up this time keeps what it had.
        sections = dict(self._sections)
        for name, provider in self._providers.items():
            try:
                sections[name] = provider()
            except Exception:
                LOGGER.exception("What %s knows cannot be kept over a restart", name)
        return sections
