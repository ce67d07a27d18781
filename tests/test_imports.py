"""Imports in the integration run one way: from a layer to those below it.

A circle of imports, or of types, would mean that no part can be read alone.
"""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

PACKAGE = "custom_components.seam"
PRODUCT = Path(__file__).parent.parent / "custom_components" / "seam"

# From top to bottom. A module (or all of a package) may import what stands in a
# row below its own; within a row only a package's own parts, and `SIBLINGS`.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("__init__",),
    (
        *("binary_sensor", "button", "calendar", "event", "lock", "number"),
        *("sensor", "switch", "config_flow", "diagnostics", "logbook"),
        *("repairs", "services", "system_health"),
    ),
    ("entity", "wording"),
    ("push", "cloudhook", "access", "device_maker"),
    ("event_feed", "events"),
    ("commands",),
    ("who",),
    ("coordinator",),
    ("lock_state", "known"),
    ("data",),
    ("translate", "exceptions"),
    ("const",),
    ("api",),
)
# Pairs of one row of which the first may import the second.
SIBLINGS = frozenset({("push", "cloudhook")})
# Imports for types only that still point up; each is a circle to be ended.
CIRCLES = frozenset(
    {
        ("coordinator", "commands"),
        ("coordinator", "event_feed"),
        ("coordinator", "push"),
        ("event_feed", "coordinator"),
        ("coordinator", "who"),
    }
)

RANKS = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}
# Layers of the client's room, the same way.
API_LAYERS: tuple[tuple[str, ...], ...] = (
    ("__init__",),
    ("client",),
    ("device_list", "event_list"),
    ("transport",),
    ("clock", "models"),
    ("parse", "quirks", "errors", "endpoint", "credentials", "signature"),
)
API_RANKS = {part: rank for rank, parts in enumerate(API_LAYERS) for part in parts}


def modules(room: Path) -> dict[str, Path]:
    """Return every module of a folder with its name within it."""
    return {
        ".".join(path.relative_to(room).with_suffix("").parts): path
        for path in sorted(room.rglob("*.py"))
    }


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a file imports, types as well."""
    package = ".".join((PACKAGE, *path.relative_to(PRODUCT).parts[:-1]))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            base = resolve_name(module, package) if node.level else module
            # `from . import push` names modules, `from .push import Push` things.
            if base == PACKAGE:
                yield from (f"{base}.{name.name}" for name in node.names)
            else:
                yield base


def parts(path: Path, room: str) -> set[str]:
    """Return the parts of a room, by their first name, that a file imports."""
    inside = {
        name.removeprefix(f"{room}.").partition(".")[0]
        for name in imported(path)
        if name.startswith(f"{room}.")
    }
    return {part for part in inside if part}


INTEGRATION = modules(PRODUCT)
API = modules(PRODUCT / "api")


@pytest.mark.parametrize("name", INTEGRATION)
def test_imports_run_down(name: str) -> None:
    part = name.partition(".")[0]
    assert part in RANKS, "give it a place among the layers"
    wrong = {
        other
        for other in parts(INTEGRATION[name], PACKAGE) - {part}
        if RANKS.get(other, 0) <= RANKS[part]
        and (part, other) not in SIBLINGS | CIRCLES
    }
    assert not wrong


def test_no_exception_outlives_its_reason() -> None:
    used = {
        (name.partition(".")[0], other)
        for name, path in INTEGRATION.items()
        for other in parts(path, PACKAGE)
    }
    assert used >= SIBLINGS
    # Whoever ends a circle takes it out of the table.
    stale = {pair for pair in CIRCLES if pair not in used}
    assert not stale


@pytest.mark.parametrize("name", API)
def test_imports_of_the_client_run_down(name: str) -> None:
    part = name.partition(".")[0]
    assert part in API_RANKS, "give it a place among the layers"
    wrong = {
        other
        for other in parts(API[name], f"{PACKAGE}.api") - {part}
        if API_RANKS[other] <= API_RANKS[part]
    }
    assert not wrong


@pytest.mark.parametrize("name", API)
def test_the_client_knows_nothing_of_home_assistant(name: str) -> None:
    names = set(imported(API[name]))
    assert not {one for one in names if one.startswith("homeassistant")}
    ours = {one for one in names if one.startswith("custom_components")}
    assert all(one.startswith(f"{PACKAGE}.api") for one in ours)
