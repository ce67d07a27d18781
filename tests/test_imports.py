"""Imports in the integration run one way: from a layer to those below it.

A circle of imports, or of types, would mean that no part can be read alone. The
layers are those of the table in docs/architecture.md, so that it stays true.
"""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path
import re

import pytest

PACKAGE = "custom_components.seam"
ROOT = Path(__file__).parent.parent
PRODUCT = ROOT / "custom_components" / "seam"


def module_name(path: Path) -> str:
    """Return the name of a file within the integration, such as `push.health`."""
    return ".".join(path.relative_to(PRODUCT).with_suffix("").parts)


MODULES = {module_name(path): path for path in sorted(PRODUCT.rglob("*.py"))}
# A package that only has a docstring is no layer.
EMPTY = frozenset(
    name
    for name, path in MODULES.items()
    if len(ast.parse(path.read_text(encoding="utf-8")).body) == 1
)


def layers() -> tuple[tuple[str, ...], ...]:
    """Return the modules of each layer, from top to bottom, as the document says."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    _, _, rest = page.partition("\n## File by file\n")
    table, _, _ = rest.partition("\n## ")
    rows = re.findall(r"^\| (`[^|]+?) \|", table, re.MULTILINE)
    found = (re.findall(r"`([\w/]+)\.py`", row) for row in rows)
    return tuple(tuple(name.replace("/", ".") for name in row) for row in found if row)


LAYERS = layers()
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of every module that a file imports, for types as well."""
    package = ".".join((PACKAGE, *path.relative_to(PRODUCT).parts[:-1]))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            base = resolve_name(module, package) if node.level else module
            for name in node.names:
                # `from . import push` names a module, `from .push import Push` not.
                inner = f"{base}.{name.name}".removeprefix(f"{PACKAGE}.")
                is_module = inner in MODULES or f"{inner}.__init__" in MODULES
                yield f"{PACKAGE}.{inner}" if is_module else base


def own_modules(path: Path) -> set[str]:
    """Return the modules of the integration that a file imports."""
    found: set[str] = set()
    for name in imported(path):
        if name == PACKAGE or name.startswith(f"{PACKAGE}."):
            inner = name.removeprefix(PACKAGE).removeprefix(".")
            package = f"{inner}.__init__".removeprefix(".")
            found.add(inner if inner in MODULES else package)
    return found


def test_every_file_has_its_place_in_the_document() -> None:
    assert LAYERS[0] == ("__init__",)
    assert sorted(name for names in LAYERS for name in names) == sorted(
        MODULES.keys() - EMPTY
    )


@pytest.mark.parametrize("name", sorted(MODULES.keys() - EMPTY))
def test_imports_run_down(name: str) -> None:
    up = {
        other
        for other in own_modules(MODULES[name])
        if RANKS.get(other, 0) <= RANKS[name]
    }
    assert not up


CLIENT = sorted(name for name in MODULES if name.startswith("api."))


@pytest.mark.parametrize("name", CLIENT)
def test_the_client_knows_nothing_of_home_assistant(name: str) -> None:
    names = set(imported(MODULES[name]))
    assert not {one for one in names if one.startswith("homeassistant")}
    ours = {one for one in names if one.startswith("custom_components")}
    assert all(one.startswith(f"{PACKAGE}.api") for one in ours)


def test_numbers_and_names_live_with_their_user() -> None:
    """`const` holds what several files share, and nothing that only one reads."""
    names = {
        target.id
        for node in ast.parse(MODULES["const"].read_text(encoding="utf-8")).body
        for target in ([node.target] if isinstance(node, ast.AnnAssign) else [])
        if isinstance(target, ast.Name)
    }
    others = [
        path.read_text(encoding="utf-8")
        for name, path in MODULES.items()
        if name != "const"
    ]
    assert names
    for name in names:
        users = [source for source in others if re.search(rf"\b{name}\b", source)]
        assert len(users) > 1, name
