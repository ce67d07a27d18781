"""What a mutant is, and how its place is found."""

import ast
from dataclasses import dataclass
from pathlib import Path

PRODUCT = "custom_components/seam"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break of a promise.

    Attributes:
        name: unique, of small letters and hyphens.
        promise: what README or docs/architecture.md say, in a sentence.
        file: below `custom_components/seam`.
        old: text that occurs exactly once in it.
        new: what stands there in the mutant.
        test: pytest's id of the test that fails then; without parameters all of
            its cases run, and one that fails is enough.
    """

    name: str
    promise: str
    file: str
    old: str
    new: str
    test: str

    @property
    def path(self) -> str:
        """Return the path of its file in the repository."""
        return f"{PRODUCT}/{self.file}"

    def applied(self, text: str) -> str:
        """Return the text of its file with the break in it."""
        return text.replace(self.old, self.new)


def fault_of(mutant: Mutant, root: Path) -> str | None:
    """Return what is wrong with a row, None when it can be run.

    Args:
        mutant: the row.
        root: of the repository.
    """
    try:
        text = (root / mutant.path).read_text(encoding="utf-8")
    except OSError:
        return f"there is no {mutant.file}"
    if (found := text.count(mutant.old)) != 1:
        return f"its text occurs {found} times"
    if mutant.old == mutant.new:
        return "it changes nothing"
    try:
        ast.parse(mutant.applied(text))
    except SyntaxError:
        return "what it makes is no Python"
    file, _, test = mutant.test.partition("::")
    if test.partition("[")[0] not in _tests_in(root / file):
        return f"there is no test {mutant.test}"
    return None


def _tests_in(path: Path) -> set[str]:
    """Return the names of the tests in a file, without importing it."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except OSError:
        return set()
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }
