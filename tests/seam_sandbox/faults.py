"""What can be made to go wrong, and how often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import random
from typing import Any


class FaultKind(StrEnum):
    """What goes wrong. The first part of the name says with what."""

    # Answers of the API; `path` narrows them down.
    HTTP_LATENCY = "http_latency"  # answers late by `seconds`
    HTTP_LATE_ANSWER = "http_late_answer"  # does it, then answers late
    HTTP_HANG = "http_hang"  # never answers
    HTTP_STATUS = "http_status"  # answers `status`; see `retry_after`, `value`
    HTTP_HTML = "http_html"  # a web page instead of JSON
    HTTP_TEXT = "http_text"  # plain text instead of JSON
    HTTP_NO_KEY = "http_no_key"  # 200 without the key that matters
    HTTP_CUT_OFF = "http_cut_off"  # the body ends in its middle
    HTTP_RESET = "http_reset"  # the connection breaks instead of an answer
    HTTP_ANSWER_LOST = "http_answer_lost"  # does it, then the connection breaks
    HTTP_HALF_LIST = "http_half_list"
    HTTP_EMPTY_LIST = "http_empty_list"
    HTTP_REPEATED_CURSOR = "http_repeated_cursor"
    HTTP_ENDLESS_PAGES = "http_endless_pages"  # after each page a fresh cursor
    HTTP_BAD_ITEM = "http_bad_item"  # the first item of a list is unreadable
    HTTP_STRANGE = "http_strange"  # unknown fields and values, extra nulls
    HTTP_PROPERTY = "http_property"  # of devices: `name` is `value`, or absent
    # Its Date header is off by `seconds`, or is `value`; whatever the answer is,
    # that of another fault included.
    HTTP_DATE = "http_date"

    # Commands; `device_id` narrows them down.
    ATTEMPT_PENDING = "attempt_pending"  # never ends, the bolt stays
    ATTEMPT_FAIL = "attempt_fail"  # fails with `error_type` and `message`
    ATTEMPT_JAM = "attempt_jam"  # the bolt jams on the way
    ATTEMPT_UNCONFIRMED = "attempt_unconfirmed"  # `value`: false, null or absent
    ATTEMPT_DURATION = "attempt_duration"  # takes `seconds`
    ATTEMPT_LIAR = "attempt_liar"  # confirmed, but the bolt never moved
    ATTEMPT_LOST = "attempt_lost"  # accepted, not confirmed, and never done
    ATTEMPT_SILENT = "attempt_silent"  # succeeds, no event tells of it
    ATTEMPT_REVERTED = "attempt_reverted"  # a hand turns it back `seconds` later

    # Events; `event_type` and `device_id` narrow them down.
    EVENT_LATE = "event_late"  # Seam learns of it `seconds` later
    EVENT_DOUBLED = "event_doubled"
    EVENT_REORDERED = "event_reordered"  # comes after the next one
    EVENT_DROPPED = "event_dropped"
    EVENT_WITHOUT_DEVICE = "event_without_device"
    EVENT_UNKNOWN_TYPE = "event_unknown_type"
    EVENT_FOREIGN_WORKSPACE = "event_foreign_workspace"
    EVENT_CREATED_SKEW = "event_created_skew"  # `created_at` is off by `seconds`
    EVENT_OCCURRED_SKEW = "event_occurred_skew"  # `occurred_at` is off by `seconds`
    # The zero time of Go and .NET in `name`, which is `occurred_at` if None.
    EVENT_ZERO_TIME = "event_zero_time"

    # Deliveries to webhooks.
    WEBHOOK_UNSIGNED = "webhook_unsigned"
    WEBHOOK_WRONG_SIGNATURE = "webhook_wrong_signature"
    WEBHOOK_OLD_TIMESTAMP = "webhook_old_timestamp"  # by `seconds`
    WEBHOOK_CHANGED_BODY = "webhook_changed_body"  # after it was signed
    WEBHOOK_HUGE_BODY = "webhook_huge_body"  # one megabyte more
    WEBHOOK_DOUBLED = "webhook_doubled"
    WEBHOOK_DROPPED = "webhook_dropped"
    WEBHOOK_DELAYED = "webhook_delayed"  # by `seconds`


ABSENT = "absent"
ZERO_TIME = "0001-01-01T00:00:00Z"
# After these the answers are no longer what Seam documents.
EVENT_NONSENSE = frozenset(
    {FaultKind.EVENT_WITHOUT_DEVICE, FaultKind.EVENT_UNKNOWN_TYPE}
)
ATTEMPT_NONSENSE = frozenset({FaultKind.ATTEMPT_UNCONFIRMED})


@dataclass(slots=True, kw_only=True, eq=False)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what.
        times: how often; None: until it is cleared.
        chance: how likely it happens each time that it could, 0..1.
        path: of the API; None: all.
        device_id: None: all.
        event_type: None: all.
        seconds: how long, for the kinds that take time.
        status: HTTP status; None: 500 for `http_status`, else 200.
        retry_after: the header as it is; `date:30` is an HTTP date in 30 s.
        error_type: of an attempt or an error envelope.
        message: the same.
        name: path to a value in a device, such as `properties.locked`.
        value: instead of the true one; `absent` leaves it out.
        hits: how often it has happened.
    """

    kind: FaultKind
    times: int | None = None
    chance: float = 1.0
    path: str | None = None
    device_id: str | None = None
    event_type: str | None = None
    seconds: float = 0.0
    status: int | None = None
    retry_after: str | None = None
    error_type: str | None = None
    message: str | None = None
    name: str | None = None
    value: Any = None
    hits: int = 0

    def fits(self, **facts: str | None) -> bool:
        """Say whether it happens to what the facts describe."""
        return (self.times is None or self.hits < self.times) and all(
            getattr(self, name) in (None, value) for name, value in facts.items()
        )


@dataclass(slots=True)
class Faults:
    """All that goes wrong at present.

    Attributes:
        active: in the order in which they were set.
        clock_skew: what Seam's clock is ahead of the truth, in seconds.
        past: all that ever went wrong.
        dice: for faults that happen by chance; the same in every run.
    """

    active: list[Fault] = field(default_factory=list)
    clock_skew: float = 0.0
    past: set[FaultKind] = field(default_factory=set)
    dice: random.Random = field(default_factory=lambda: random.Random(0))

    def add(self, kind: FaultKind | str, **options: Any) -> Fault:
        """Let something go wrong from now on."""
        fault = Fault(kind=FaultKind(kind), **options)
        self.active.append(fault)
        return fault

    def clear(self, *faults: Fault) -> None:
        """Clear all faults, or just the one that is named."""
        if not faults:
            self.clock_skew = 0.0
        self.active = [fault for fault in self.active if faults and fault not in faults]

    def take(self, kind: FaultKind, **facts: str | None) -> Fault | None:
        """Return the fault that happens now, and count it."""
        return self.take_first((kind,), **facts)

    def take_first(
        self, kinds: Iterable[FaultKind], **facts: str | None
    ) -> Fault | None:
        """Return the first of several faults that happens now, and count it."""
        for fault in self.active:
            if fault.kind in kinds and self._happens(fault, facts):
                return self._hit(fault)
        return None

    def take_all(self, kind: FaultKind, **facts: str | None) -> list[Fault]:
        """Return all faults of a kind that happen now, and count them."""
        found = [
            fault
            for fault in self.active
            if fault.kind is kind and self._happens(fault, facts)
        ]
        return [self._hit(fault) for fault in found]

    def _happens(self, fault: Fault, facts: Mapping[str, str | None]) -> bool:
        if not fault.fits(**facts):
            return False
        return fault.chance >= 1 or self.dice.random() < fault.chance

    def _hit(self, fault: Fault) -> Fault:
        fault.hits += 1
        self.past.add(fault.kind)
        return fault
