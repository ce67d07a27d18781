"""Runs the mutants of the table, and prints what became of them."""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import sys
import tempfile
import time

from .mutant import Mutant, fault_of
from .runner import Copies, End, Result
from .table import MUTANTS

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="script/mutants", description="Breaks the product; each break must show."
    )
    parser.add_argument("--list", action="store_true", help="print the table and end")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="one mutant; may be repeated"
    )
    parser.add_argument("-j", type=int, default=2, metavar="N", help="tests at a time")
    arguments = parser.parse_args()
    wanted: tuple[Mutant, ...] = MUTANTS
    if arguments.only:
        wanted = tuple(row for row in MUTANTS if row.name in arguments.only)
        if unknown := set(arguments.only) - {row.name for row in wanted}:
            parser.error(f"no mutant of this name: {', '.join(sorted(unknown))}")
    if arguments.list:
        for row in wanted:
            print(f"{row.name}: {row.promise}\n    {row.file}, {row.test}")
        return 0
    begun = time.monotonic()
    results = run(wanted, max(arguments.j, 1))
    return report(results, time.monotonic() - begun)


def run(wanted: tuple[Mutant, ...], jobs: int) -> list[Result]:
    """Run mutants, so many at a time; what cannot be run is told as well."""
    results: list[Result] = []
    whole: list[Mutant] = []
    for mutant in wanted:
        if (fault := fault_of(mutant, ROOT)) is None:
            whole.append(mutant)
        else:
            results.append(Result(mutant, End.BROKEN, 0.0, fault))
    with tempfile.TemporaryDirectory(prefix="seam-mutants-") as place:
        copies = Copies(ROOT, Path(place), jobs)
        print("Running each named test without a break ...", file=sys.stderr)
        ends = copies.unbroken(mutant.test for mutant in whole)
        sound: list[Mutant] = []
        for mutant in whole:
            if (why := _why_unsound(mutant.test, ends)) is None:
                sound.append(mutant)
            else:
                results.append(Result(mutant, End.TEST_FAILS, 0.0, why))
        print(f"Running {len(sound)} breaks ...", file=sys.stderr)
        with ThreadPoolExecutor(jobs) as pool:
            for at, result in enumerate(pool.map(copies.broken, sound), 1):
                print(
                    f"{at}/{len(sound)} {result.mutant.name}: {result.end}",
                    file=sys.stderr,
                )
                results.append(result)
    return results


def _why_unsound(test: str, ends: dict[str, str]) -> str | None:
    """Return why a test cannot judge, None when all its cases pass."""
    cases = {
        case: end
        for case, end in ends.items()
        if case == test or case.startswith(f"{test}[")
    }
    if not cases:
        return "it was not run"
    bad = [f"{case}: {end}" for case, end in cases.items() if end != "passed"]
    return bad[0] if bad else None


def report(results: list[Result], seconds: float) -> int:
    """Print a table, and return what the process ends with."""
    order = {mutant.name: at for at, mutant in enumerate(MUTANTS)}
    results.sort(key=lambda result: order[result.mutant.name])
    print("| mutant | promise | test | end | s |")
    print("|---|---|---|---|---|")
    for result in results:
        row, end = result.mutant, str(result.end)
        if result.why:
            end = f"{end}: {result.why}"
        print(
            f"| {row.name} | {row.promise} | {row.test} | {end} "
            f"| {result.seconds:.1f} |"
        )
    killed = sum(result.end is End.KILLED for result in results)
    print(f"\n{killed} of {len(results)} killed, in {seconds:.0f} s.")
    return 0 if killed == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
