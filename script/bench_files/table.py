"""What the bench found, as a table that can be pasted into a document."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

HEAD = ("what", "result", "beside it", "goal", "")
# Milliseconds below which a fraction tells something.
PRECISE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: was measured.
        result: with its unit.
        beside: what it was measured against in the same run, or more of it.
        goal: or empty.
        met: whether the goal was; None without one.
    """

    what: str
    result: str
    beside: str = ""
    goal: str = ""
    met: bool | None = None

    def cells(self) -> tuple[str, ...]:
        mark = {True: "met", False: "**missed**", None: ""}[self.met]
        return self.what, self.result, self.beside, self.goal, mark


def milliseconds(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.1f} ms" if abs(value) < PRECISE else f"{value:,.0f} ms"


def middle(values: Sequence[float]) -> str:
    """Return the median of some seconds, as text."""
    return milliseconds(median(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the ratios of pairs that were measured together."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def markdown(rows: Iterable[Row]) -> str:
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEAD))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join(
        "| "
        + " | ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        )
        + " |"
        for line in lines
    )
