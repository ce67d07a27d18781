"""Tolerant readers for JSON values: a wrong type is the same as absent.

Seam adds fields and enum values at any time, and its samples show explicit
nulls; a reader that raises would hide a lock for the sake of a detail.
A decoded answer has plain types only, so these ask for the very type: a large
workspace has a hundred thousand values.

Text is bounded here, in one place: `text` for what programs compare, `words` for
what people read, `plain` for what may end up in a dialog or a log line.
"""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
import re
from typing import Any
import unicodedata

# Characters of one text; longer ones are cut or, as identifiers, refused.
LONGEST_TEXT = 300
# Times outside are absent: 1970-01-01 and 2100-01-01, seconds since the epoch.
# Zero times of other languages and typing errors are not times, and what adds or
# compares such years overflows.
EARLIEST, LATEST = 0.0, 4_102_444_800.0
# They join letters and emoji, and are not printable by themselves.
_JOINERS = frozenset("\u200c\u200d")
# Without these nothing is a link, an image or HTML in Markdown.
_NO_MARKUP = str.maketrans({"[": "(", "]": ")", "<": "\u2039", ">": "\u203a"})
# Markdown makes links of bare addresses, too.
_ADDRESS = re.compile(r"(:(?=//)|www(?=\.))", re.IGNORECASE)

type Json = Mapping[str, Any]

_EMPTY: Json = {}


def obj(value: object) -> Json:
    """Return the JSON object, or an empty one when it is anything else."""
    return value if type(value) is dict else _EMPTY


def items(value: object) -> list[Any]:
    """Return the JSON array, or an empty one when it is anything else."""
    return value if isinstance(value, list) else []


def string(value: object) -> str | None:
    """Return a non-empty string as it is, else None. Never for people."""
    return value if isinstance(value, str) and value else None


def text(value: object) -> str | None:
    """Return a non-empty string that identifies something, else None.

    One of more than 300 characters, or with any that can't be printed, is none.
    """
    if type(value) is not str or not value or len(value) > LONGEST_TEXT:
        return None
    return value if value.isprintable() else None


def words(value: object) -> str | None:
    """Return a string that people wrote, on one line of at most 300 characters.

    None when it is no string or nothing of it can be seen.
    """
    if type(value) is not str or not value:
        return None
    if len(value) <= LONGEST_TEXT and value.isprintable():
        return value
    # What is removed may be longer than what is left, but not without bound.
    seen = " ".join("".join(map(_seen, value[: 4 * LONGEST_TEXT])).split())
    if len(seen) > LONGEST_TEXT:
        seen = seen[: LONGEST_TEXT - 1] + "\u2026"
    return seen or None


def _seen(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    # Formats, such as the reversed direction of writing, have no place.
    return "" if unicodedata.category(character) == "Cf" else " "


def plain(value: object) -> str | None:
    """Return `words` in which Markdown finds no link, image or HTML."""
    if (found := words(value)) is None:
        return None
    return _ADDRESS.sub(r"\1 ", found.translate(_NO_MARKUP))[:LONGEST_TEXT]


def flag(value: object) -> bool | None:
    """Return a JSON boolean, else None. Strings and numbers do not count."""
    return value if value is True or value is False else None


def number(value: object) -> float | None:
    """Return a finite JSON number as float, else None. Booleans do not count."""
    if type(value) is not float:
        if type(value) is not int:
            return None
        try:
            value = float(value)
        except OverflowError:
            return None
    return value if isfinite(value) else None


def share(value: object) -> float | None:
    """Return a JSON number from 0 to 1 as float, else None."""
    found = number(value)
    return found if found is not None and 0 <= found <= 1 else None


def plausible(moment: float) -> float | None:
    """Return a time between 1970 and 2100 (seconds since the epoch), else None."""
    return moment if EARLIEST <= moment <= LATEST else None


def timestamp(value: object) -> float | None:
    """Return an ISO 8601 time as seconds since the epoch (UTC), else None.

    A time without zone is refused: it could be off by hours. So is one outside
    1970 to 2100.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return plausible(moment.timestamp()) if moment.tzinfo else None
    except ValueError, OverflowError:
        return None


def required(data: Json, key: str) -> str:
    """Return a non-empty string of an object.

    Raises:
        ValueError: it is absent or something else.
    """
    value = text(data.get(key))
    if value is None:
        raise ValueError(f"no {key}")
    return value
