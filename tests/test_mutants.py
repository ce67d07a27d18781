"""The table of script/mutants can be run; whether each is killed it tells itself."""

from pathlib import Path
import re

import pytest

from script.mutant_files.mutant import Mutant, fault_of
from script.mutant_files.table import MUTANTS

ROOT = Path(__file__).parents[1]


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 60


def test_each_has_a_name_and_a_promise_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", mutant.name)
        assert mutant.promise.endswith(".")


def test_no_two_are_the_same_break() -> None:
    assert len({(row.file, row.old, row.new) for row in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_can_be_run(mutant: Mutant) -> None:
    assert fault_of(mutant, ROOT) is None
