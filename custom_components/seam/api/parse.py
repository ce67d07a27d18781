"""Tolerant readers for JSON values: a wrong type is the same as absent.

Seam adds fields and enum values at any time, and its samples show explicit
nulls; a reader that raises would hide a lock for the sake of a detail.
"""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

type Json = Mapping[str, Any]

_EMPTY: Json = {}


def obj(value: object) -> Json:
    """Return the JSON object, or an empty one when it is anything else."""
    return value if isinstance(value, dict) else _EMPTY


def items(value: object) -> list[Any]:
    """Return the JSON array, or an empty one when it is anything else."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """Return a non-empty string, else None."""
    return value if isinstance(value, str) and value else None


def flag(value: object) -> bool | None:
    """Return a JSON boolean, else None. Strings and numbers do not count."""
    return value if isinstance(value, bool) else None


def number(value: object) -> float | None:
    """Return a finite JSON number as float, else None. Booleans do not count."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if isfinite(found) else None


def timestamp(value: object) -> float | None:
    """Return an ISO 8601 time as seconds since the epoch (UTC), else None.

    A time without zone is refused: it could be off by hours.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def required(data: Json, key: str) -> str:
    """Return a non-empty string of an object.

    Raises:
        ValueError: it is absent or something else.
    """
    value = text(data.get(key))
    if value is None:
        raise ValueError(f"no {key}")
    return value
