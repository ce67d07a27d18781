"""Events between two times, of which Seam gives only so many and has no pages."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
import logging
from typing import Any

from .errors import SeamError, SeamTimeoutError
from .models import Event
from .parse import EARLIEST, LATEST, obj
from .transport import NO_ANSWER, SeamTransport

_LOGGER = logging.getLogger(__name__)

# Seconds; more events than the limit in less time than this are not split up.
SHORTEST_WINDOW = 1.0
# The bounds are exclusive: windows overlap by this, in seconds.
OVERLAP = SHORTEST_WINDOW / 4
# What one list may take: requests, and seconds.
MOST_REQUESTS = 40
DEADLINE = 120.0

PATH = "/events/list"


@dataclass(frozen=True, slots=True)
class EventList:
    """Events of a stretch of time.

    Attributes:
        events: each once, in no promised order.
        complete_until: all events made before this time are among them (epoch
            seconds); there the next list goes on. Some later ones may be, too.
        error: why it went no further, None when it ended as planned.
    """

    events: tuple[Event, ...]
    complete_until: float
    error: SeamError | None = None


async def list_events(
    transport: SeamTransport,
    since: float,
    until: float,
    event_types: Iterable[str],
    limit: int,
) -> EventList:
    """Return the events made between two times, the oldest part first.

    An answer at the limit may be cut off: then its time is halved until each half
    fits, or the requests are used up.

    Args:
        transport: to ask with.
        since: epoch seconds, exclusive.
        until: epoch seconds, exclusive.
        event_types: those wanted; none: all.
        limit: events a request.

    Raises:
        SeamError: the first request, or all up to the first that fits, failed.
    """
    deadline = asyncio.get_running_loop().time() + DEADLINE
    types = list(event_types)
    found: dict[str, Event] = {}
    windows = [(since, until)]  # the oldest comes last
    skipped = requests = 0
    error: SeamError | None = None
    while windows and requests < MOST_REQUESTS:
        begin, end = windows.pop()
        query: dict[str, Any] = {"between": [_iso(begin), _iso(end)], "limit": limit}
        if types:
            query["event_types"] = types
        try:
            async with asyncio.timeout_at(deadline):
                answer = await transport.read(PATH, query, "events", list)
        except TimeoutError:
            error = SeamTimeoutError(NO_ANSWER)
        except SeamError as err:
            error = err
        if error is not None:
            if begin == since:  # nothing is complete yet
                raise error
            windows.append((begin, end))
            break
        requests += 1
        entries = answer.envelope["events"]
        for entry in entries:
            try:
                event = Event.from_json(obj(entry))
            except ValueError:
                skipped += 1
            else:
                found.setdefault(event.event_id, event)
        if len(entries) >= limit and end - begin >= SHORTEST_WINDOW:
            middle = (begin + end) / 2
            windows += (middle - OVERLAP, end), (begin, middle + OVERLAP)
    if skipped:
        _LOGGER.debug("Skipped %s unreadable Event entries", skipped)
    complete_until = windows[-1][0] if windows else until
    return EventList(tuple(found.values()), complete_until, error)


def _iso(moment: float) -> str:
    bounded = min(max(moment, EARLIEST), LATEST)
    return datetime.fromtimestamp(bounded, UTC).isoformat()
