"""All devices of a workspace as one reading; what did not change is not parsed.

Most answers are those of last time, to the byte, or differ in one device of a
hundred. So the bytes are compared first, then those of each device, and only what
is new becomes JSON and a model.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
import logging
import re
from typing import Any

from .errors import SeamError, SeamResponseError, SeamTimeoutError
from .models import Device
from .parse import obj, string
from .transport import NO_ANSWER, Envelope, SeamTransport, decode_envelope

_LOGGER = logging.getLogger(__name__)

# What one list may take: pages, seconds, and bytes of all its pages.
MOST_PAGES = 40
DEADLINE = 120.0
MOST_BYTES = 2**26

PATH = "/devices/list"
# The beginning of an answer up to the first device, and how that one begins. Only
# simple values may come before the list.
_BEGINNING = re.compile(rb'\s*\{[^\[\]{}]*"devices"\s*:\s*\[\s*(\{\s*"\w{1,40}"\s*:)')


@dataclass(frozen=True, slots=True)
class DevicePage:
    """The devices that came with one request.

    Attributes:
        begun_at: when it was sent, by Seam's clock (epoch seconds): what the
            devices say is at least as new as that.
        devices: those that could be read, in Seam's order, each once a list.
        changed: those of them that are not the very objects of the last full
            list: new ones, and ones of which anything that is read has changed.
    """

    begun_at: float
    devices: tuple[Device, ...]
    changed: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class DeviceList:
    """Devices of a workspace, as one reading.

    Attributes:
        parts: one for each request that was answered, at least one.
        skipped: how many entries could not be read.
        error: why the list is not complete, None when it is. What came before
            it is as good as in a complete list; that a device is missing tells
            nothing.
    """

    parts: tuple[DevicePage, ...]
    skipped: int
    error: SeamError | None = None

    @property
    def complete(self) -> bool:
        """Return whether all was listed that Seam has to list."""
        return self.error is None

    @property
    def devices(self) -> tuple[Device, ...]:
        """Return all devices that could be read, in Seam's order, each once."""
        return tuple(chain.from_iterable(part.devices for part in self.parts))

    @property
    def begun_at(self) -> float:
        """Return when the first part was sent, by Seam's clock (epoch seconds)."""
        return self.parts[0].begun_at

    @property
    def pages(self) -> int:
        """Return how many requests were answered."""
        return len(self.parts)


@dataclass(frozen=True, slots=True)
class _Page:
    """One page as it was read, kept to hold the next one against.

    Attributes:
        raw: the bytes of the answer.
        envelope: of the answer, of use for everything but its devices.
        devices: None for each entry that could not be read.
        opening: how each device begins; empty when that is not known.
        starts: where in `raw` each device goes on after its opening.
    """

    raw: bytes
    envelope: Envelope
    devices: tuple[Device | None, ...]
    opening: bytes = b""
    starts: tuple[int, ...] = ()


class DeviceLister:
    """Lists devices, and knows those of the last full list."""

    def __init__(self, transport: SeamTransport) -> None:
        """Start with nothing listed."""
        self._transport = transport
        self._last: list[_Page] = []
        self._known: dict[str, Device] = {}

    async def read(self, device_ids: Iterable[str], limit: int) -> DeviceList:
        """Return all managed devices, or just those named.

        Args:
            device_ids: uuids; none: all.
            limit: devices a page.

        Raises:
            SeamError: not even the first page came.
        """
        query: dict[str, Any] = {"limit": limit}
        if wanted := list(device_ids):
            query["device_ids"] = wanted
        last = [] if wanted else self._last
        pages: list[tuple[float, _Page]] = []
        error: SeamError | None = None
        try:
            async with asyncio.timeout(DEADLINE):
                await self._fetch(query, last, pages)
        except TimeoutError:
            error = SeamTimeoutError(NO_ANSWER)
        except SeamError as err:
            error = err
        if not pages:
            # The deadline is longer than one read may take.
            raise error or SeamTimeoutError(NO_ANSWER)
        return self._made_of(pages, error, full=not wanted)

    async def _fetch(
        self,
        query: Mapping[str, Any],
        last: list[_Page],
        pages: list[tuple[float, _Page]],
    ) -> None:
        """Fetch page by page, until the last one or an error.

        Args:
            query: without a cursor.
            last: the pages of the last full list.
            pages: takes each page, and when it was sent by the monotonic clock.
        """
        seen: set[str] = set()
        body = query
        size = 0
        while True:
            old = last[len(pages)] if len(pages) < len(last) else None
            decoder = _Decoder(old, self._known)
            answer = await self._transport.read(
                PATH, body, "devices", list, decode=decoder.decode
            )
            if decoder.page is None:
                raise SeamResponseError("The answer is not Seam's")
            pages.append((answer.sent, decoder.page))
            size += answer.size
            pagination = obj(answer.envelope.get("pagination"))
            if not pagination.get("has_next_page"):
                return
            cursor = string(pagination.get("next_page_cursor"))
            if cursor is None or cursor in seen:
                raise SeamResponseError("The list of devices leads nowhere")
            if len(pages) >= MOST_PAGES or size > MOST_BYTES:
                raise SeamResponseError("The list of devices does not end")
            seen.add(cursor)
            body = {**query, "page_cursor": cursor}

    def _made_of(
        self, pages: list[tuple[float, _Page]], error: SeamError | None, *, full: bool
    ) -> DeviceList:
        """Make a reading of pages; the last full one is what the next one knows."""
        winners: dict[str, Device] = {}
        skipped = found = 0
        for _, page in pages:
            for device in page.devices:
                if device is None:
                    skipped += 1
                    continue
                found += 1
                other = winners.get(device.device_id)
                if other is None or _less_secure(device, other):
                    winners[device.device_id] = device
        if skipped:
            _LOGGER.debug("Skipped %s unreadable Device entries", skipped)
        known, clock = self._known, self._transport.clock
        twice = found != len(winners)
        parts = []
        for sent, page in pages:
            devices = tuple(device for device in page.devices if device is not None)
            if twice:
                devices = tuple(_once(devices, winners))
            changed = tuple(
                device
                for device in devices
                if known.get(device.device_id) is not device
            )
            parts.append(DevicePage(clock.at(sent), devices, changed))
        if full:
            self._last = [page for _, page in pages]
            self._known = winners
        return DeviceList(tuple(parts), skipped, error)


def _less_secure(device: Device, other: Device) -> bool:
    """Return whether a device tells of more danger: unlocked, unknown, locked."""
    order = (False, None, True)
    return order.index(device.locked) < order.index(other.locked)


def _once(devices: Iterable[Device], winners: dict[str, Device]) -> Iterable[Device]:
    """Yield those that have won against others of their id."""
    told: set[str] = set()
    for device in devices:
        if winners[device.device_id] is device and device.device_id not in told:
            told.add(device.device_id)
            yield device


class _Decoder:
    """Decodes one page, with the help of the same page of the last list.

    Attributes:
        page: what was decoded last; None when it was no JSON object.
    """

    def __init__(self, last: _Page | None, known: Mapping[str, Device]) -> None:
        self._last = last
        self._known = known
        self.page: _Page | None = None

    def decode(self, raw: bytes) -> Envelope | None:
        """Return the envelope; its devices are in `page`."""
        last = self._last
        if last is None:  # with nothing to hold it against this is the fastest
            self.page = self._whole(raw)
        elif last.raw == raw:
            self.page = last
        else:
            self.page = self._device_by_device(raw) or self._whole(raw)
        return self.page.envelope if self.page else None

    def _whole(self, raw: bytes) -> _Page | None:
        envelope = decode_envelope(raw)
        if envelope is None:
            return None
        entries = envelope.get("devices")
        devices = tuple(map(self._device, entries)) if isinstance(entries, list) else ()
        return _Page(raw, envelope, devices)

    def _device_by_device(self, raw: bytes) -> _Page | None:
        """Decode each device by itself, but those whose bytes are as they were.

        Cut where devices seem to begin. That the pieces are what they seem is
        proven by decoding: each alone must be a JSON object, and the beginning and
        the end an answer with the last device alone. Then so is the whole.

        Returns:
            None when it can't be cut so; that is no error.
        """
        if (match := _BEGINNING.match(raw)) is None:
            return None
        opening = match[1]
        beginning, *pieces, end = raw.split(opening)
        envelope = decode_envelope(beginning + opening + end)
        ends = envelope and envelope.get("devices")
        if envelope is None or not isinstance(ends, list) or len(ends) != 1:
            return None
        devices: list[Device | None] = []
        starts: list[int] = []
        start = len(beginning) + len(opening)
        for piece, kept in zip(pieces, self._kept(pieces, opening), strict=True):
            device = kept
            if device is None:
                text = piece.rstrip()
                data = decode_envelope(opening + text[:-1])
                if data is None or text[-1:] != b",":
                    return None
                device = self._device(data)
            devices.append(device)
            starts.append(start)
            start += len(piece) + len(opening)
        devices.append(self._device(ends[0]))
        starts.append(start)
        return _Page(raw, envelope, tuple(devices), opening, tuple(starts))

    def _kept(self, pieces: list[bytes], opening: bytes) -> Iterable[Device | None]:
        """Yield for each piece the device of the last list with the same bytes."""
        last = self._last
        if last is None or last.opening != opening:
            yield from (None for _ in pieces)
            return
        raw, starts, devices = last.raw, last.starts, last.devices
        # The last one goes on to the end of the answer, and was not decoded alone.
        for at, piece in enumerate(pieces):
            same = (
                at + 1 < len(starts)
                and starts[at + 1] - starts[at] == len(piece) + len(opening)
                and raw.startswith(piece, starts[at])
            )
            yield devices[at] if same else None

    def _device(self, entry: object) -> Device | None:
        """Return a device; the known one when nothing that is read has changed."""
        try:
            device = Device.from_json(obj(entry))
        except ValueError:
            return None
        known = self._known.get(device.device_id)
        return known if known == device else device
