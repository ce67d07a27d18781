"""Seam's time, learned from the Date header of its answers.

In these tests `truth` is Seam's time, and the monotonic clock starts anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
import math
import time

from aiohttp import ClientSession
from hypothesis import given, strategies as st
import pytest

from custom_components.seam.api import (
    SeamClient,
    SeamClock,
    SeamError,
    SeamServerError,
)
from custom_components.seam.api.clock import DRIFT, UNKNOWN_ERROR, read_date

from .conftest import KEY, Answer, ScriptedSeam, Waits, fail, ok, raw

BEGIN = 1_800_000_000.0
# Floats of this size are exact to less than this.
ROUNDING = 1e-5
HOUR = 3600.0
YEAR = 365.25 * 86400.0


@dataclass
class World:
    """Seam's clock, ours, and the monotonic one; they go on together.

    Attributes:
        skew: what our wall clock is ahead of Seam's; setting it is a jump.
        drift: how many seconds the monotonic clock gains a second.
    """

    skew: float = 0.0
    drift: float = 0.0
    uptime: float = 4711.0
    passed: float = 0.0
    clock: SeamClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = SeamClock(self.monotonic, lambda: self.truth + self.skew)

    @property
    def truth(self) -> float:
        return BEGIN + self.passed

    @property
    def off(self) -> float:
        """How far the clock is from the truth, in seconds."""
        return abs(self.clock.now() - self.truth)

    def monotonic(self) -> float:
        return self.uptime + self.passed * (1 + self.drift)

    def answer(self, there: float, back: float, lie: float = 0.0) -> None:
        sent = self.monotonic()
        self.passed += there
        date = http_date(self.truth + lie)
        self.passed += back
        self.clock.learn(date, sent, self.monotonic())


def http_date(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(math.floor(moment), UTC), usegmt=True)


skews = st.floats(-1e6, 1e6) | st.floats(-3, 3)
# How long we wait before a request, the way there, and the way back.
seconds = st.floats(0, 40) | st.floats(0, 0.5)
exchange = st.tuples(seconds, seconds)
honest = st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=20)
lies = st.sampled_from([HOUR, -HOUR, YEAR, -YEAR, 1.0, -1.0]) | st.floats(-1e7, 1e7)
# All that may happen: an answer, true or not, a jump of our clock, or quiet.
happenings = st.lists(
    st.tuples(st.just("answer"), exchange, st.just(0.0) | lies)
    | st.tuples(st.just("jump"), st.just((0.0, 0.0)), lies)
    | st.tuples(st.just("wait"), st.tuples(st.floats(0, 1e5), seconds), st.just(0.0)),
    max_size=15,
)


def happen(world: World, what: str, times: tuple[float, float], by: float) -> None:
    match what:
        case "answer":
            world.answer(*times, lie=by)
        case "jump":
            world.skew += by
        case _:
            world.passed += sum(times)


# -- what the clock promises


def test_before_any_answer_it_is_our_own_clock() -> None:
    world = World(skew=17)
    assert world.clock.now() == pytest.approx(world.truth + 17)
    assert world.clock.error == UNKNOWN_ERROR
    assert SeamClock().now() == pytest.approx(time.time(), abs=5)


@given(skew=skews, answers=honest, drift=st.floats(-DRIFT, DRIFT))
def test_the_truth_is_within_the_error_when_all_answers_are_true(
    skew: float, answers: list[tuple[float, float, float]], drift: float
) -> None:
    world = World(skew, drift)
    for number, (pause, there, back) in enumerate(answers):
        world.passed += pause
        world.answer(there, back)
        if number == 0 and abs(skew) > UNKNOWN_ERROR:
            continue  # our own clock against one answer
        assert world.off <= world.clock.error + ROUNDING
        world.passed += pause
        assert world.off <= world.clock.error + ROUNDING


@given(answers=honest)
def test_a_true_answer_never_unteaches(
    answers: list[tuple[float, float, float]],
) -> None:
    world = World()
    error = math.inf
    for pause, there, back in answers:
        world.passed += pause
        world.answer(there, back)
        drifted = DRIFT * (pause + there + back)
        assert world.clock.error <= error + drifted + ROUNDING
        error = world.clock.error


@given(before=happenings, skew=skews, first=exchange, second=exchange)
def test_two_true_answers_in_a_row_are_enough(
    before: Sequence[tuple[str, tuple[float, float], float]],
    skew: float,
    first: tuple[float, float],
    second: tuple[float, float],
) -> None:
    """Whatever came before: other answers, jumps of our clock, quiet days.

    A lie of less than an answer leaves open can't be told from the truth, so the
    error is then that of one answer: a second and its way.
    """
    world = World(skew)
    for what, times, by in before:
        happen(world, what, times, by)
    world.answer(*first)
    world.answer(*second)
    allowed = max(world.clock.error, 1 + sum(second))
    assert world.off <= allowed + ROUNDING
    # And no jump of our own changes it any more.
    world.skew += YEAR
    assert world.off <= allowed + ROUNDING


@given(before=happenings, skew=skews, first=exchange, second=exchange)
def test_two_true_answers_are_exact_when_the_lies_were_not_small(
    before: Sequence[tuple[str, tuple[float, float], float]],
    skew: float,
    first: tuple[float, float],
    second: tuple[float, float],
) -> None:
    world = World(skew)
    for what, times, by in before:
        happen(world, what, times, math.copysign(abs(by) + 200, by) if by else 0.0)
    world.answer(*first)
    world.answer(*second)
    assert world.off <= world.clock.error + ROUNDING


@given(answers=honest, lie=lies, times=exchange)
def test_one_odd_answer_moves_it_by_no_more_than_the_error(
    answers: list[tuple[float, float, float]], lie: float, times: tuple[float, float]
) -> None:
    world = World()
    for pause, there, back in answers:
        world.passed += pause
        world.answer(there, back)
    world.passed += sum(times)
    before, error = world.clock.now() - world.truth, world.clock.error
    world.passed -= sum(times)
    world.answer(*times, lie=lie)
    after = world.clock.now() - world.truth
    assert abs(after - before) <= error + ROUNDING


@given(skew=skews, jumps=st.lists(st.tuples(lies, st.floats(0, 1e5)), max_size=5))
def test_a_jump_of_our_own_clock_changes_nothing(
    skew: float, jumps: list[tuple[float, float]]
) -> None:
    world = World(skew)
    for _ in range(2):
        world.answer(0.1, 0.1)
    for jump, quiet in jumps:
        world.skew += jump
        world.passed += quiet
        assert world.off <= world.clock.error + ROUNDING
        assert world.clock.offset == pytest.approx(-world.skew, abs=1.2 + quiet)


@given(skew=st.floats(-2, 2), phase=st.floats(0, 1))
def test_quick_answers_narrow_it_down(skew: float, phase: float) -> None:
    """Sixteen answers at different parts of a second tell it to a tenth of one."""
    world = World(skew, passed=phase)
    for _ in range(16):
        world.answer(0.01, 0.01)
        world.passed += 1 + 1 / 16 - 0.02
    assert world.clock.error <= 0.1
    assert world.off <= 0.1


@pytest.mark.parametrize("lie", [HOUR, -HOUR, 300 * 86400.0])
def test_an_odd_answer_is_believed_only_when_the_next_one_agrees(lie: float) -> None:
    world = World()
    world.answer(0.1, 0.1)
    for _ in range(3):
        world.answer(0.1, 0.1, lie=lie)
        assert world.clock.doubtful
        assert world.off <= world.clock.error
        world.answer(0.1, 0.1)
        assert not world.clock.doubtful
    world.answer(0.1, 0.1, lie=lie)
    world.answer(0.1, 0.1, lie=-lie)
    world.passed += 5
    world.answer(0.1, 0.1, lie=-lie / 2)
    assert world.off <= world.clock.error
    world.answer(0.1, 0.1, lie=lie)
    world.answer(0.1, 0.1, lie=lie)
    assert abs(world.clock.now() - (world.truth + lie)) <= world.clock.error


def test_a_machine_that_slept_is_told_the_time() -> None:
    """A monotonic clock may stand still while the machine sleeps."""
    world = World()
    world.answer(0.1, 0.1)
    world.passed += 2 * HOUR
    world.uptime -= 2 * HOUR
    assert world.clock.now() < world.truth - HOUR  # behind, which is the safe side
    world.answer(0.1, 0.1)
    world.answer(0.1, 0.1)
    assert world.off <= world.clock.error


# -- Date


BAD_DATES = [
    None,
    "",
    "soon",
    "17",
    "Wed, 99 Oct 2015 07:28:00 GMT",
    "Wed, 21 Oct 99999 07:28:00 GMT",
    "Wed, 21 Oct 2015 07:28:00 +" + "9" * 20,
    # Absurd years are no times.
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Wed, 31 Dec 1969 23:59:59 GMT",
    "Fri, 01 Jan 2100 00:00:01 GMT",
]


@pytest.mark.parametrize("date", BAD_DATES)
def test_a_bad_date_teaches_nothing(date: str | None) -> None:
    world = World()
    for _ in range(3):
        world.clock.learn(date, world.monotonic(), world.monotonic())
    assert (world.off, world.clock.error) == (0, UNKNOWN_ERROR)


@given(st.text() | st.from_regex(r"\w{3}, \d+ (Jan|Feb) \d+ \d+:\d+:\d+ [+-]?\w*"))
def test_no_date_raises(date: str) -> None:
    found = read_date(date)
    assert found is None or 0 <= found <= 4_102_444_800


# -- what the client learns from


@pytest.fixture
def world() -> World:
    """A world whose time stands still, however long the test takes."""
    return World()


@pytest.fixture
def client(
    seam: ScriptedSeam, session: ClientSession, waits: Waits, world: World
) -> SeamClient:
    """A client in that world."""
    return SeamClient(
        session, KEY, endpoint=seam.url, sleep=waits.sleep, clock=world.clock
    )


def dated(lie: float) -> dict[str, str]:
    return {"Date": http_date(BEGIN + lie)}


@pytest.mark.parametrize("skew", [0.0, 600.0, -600.0])
async def test_every_answer_of_seam_teaches_the_client(
    seam: ScriptedSeam, client: SeamClient, world: World, skew: float
) -> None:
    """Also one that tells of an error."""
    seam.then(fail(404, headers=dated(skew)), ok(devices=[], headers=dated(skew)))
    with pytest.raises(Exception, match="Some message"):
        await client.get_device("d1")
    reading = await client.list_devices()
    assert client.clock_offset == pytest.approx(skew, abs=1)
    assert 0 < client.clock_error <= 0.5
    truth = world.truth + skew
    assert abs(client.now() - truth) <= client.clock_error
    assert abs(reading.begun_at - truth) <= client.clock_error


async def test_the_first_reading_of_a_machine_without_the_time_is_in_time(
    seam: ScriptedSeam, client: SeamClient, world: World
) -> None:
    """Seam is asked once more, so that its word stands against ours."""
    seam.then(ok(devices=[], headers=dated(-7200)), ok(headers=dated(-7200)))
    reading = await client.list_devices()
    assert seam.paths == ["/devices/list", "/workspaces/get"]
    assert abs(reading.begun_at - (world.truth - 7200)) <= client.clock_error


async def test_an_odd_date_is_asked_about_once_a_minute(
    seam: ScriptedSeam, client: SeamClient, world: World
) -> None:
    odd, odder = dated(HOUR), dated(-HOUR)
    seam.then(ok(devices=[], headers=odd), fail(500, headers=odder))
    for _ in range(5):
        seam.then(ok(devices=[], headers=odd), ok(devices=[], headers=odder))
    for _ in range(11):
        reading = await client.list_devices()
        assert abs(reading.begun_at - world.truth) <= client.clock_error
    assert seam.paths.count("/workspaces/get") == 1
    world.passed += 61
    seam.then(ok(devices=[], headers=odd), ok(headers=odder))
    await client.list_devices()
    assert seam.paths.count("/workspaces/get") == 2


@pytest.mark.parametrize(
    "answer",
    [
        raw("<html>", status=502, headers=dated(HOUR)),
        raw("<html>", headers=dated(HOUR)),
        raw('{"message": "Bad gateway"}', status=502, headers=dated(HOUR)),
        raw('{"error": "Bad gateway"}', status=502, headers=dated(HOUR)),
        raw('{"ok": "yes"}', headers=dated(HOUR)),
        raw("[true]", headers=dated(HOUR)),
    ],
)
async def test_who_is_not_seam_teaches_nothing(
    seam: ScriptedSeam, client: SeamClient, world: World, answer: Answer
) -> None:
    seam.always = answer
    for _ in range(3):
        with pytest.raises(SeamError):
            await client.get_workspace()
    assert client.now() == pytest.approx(world.truth)
    assert client.clock_error == UNKNOWN_ERROR


async def test_an_odd_date_of_one_list_changes_no_reading(
    seam: ScriptedSeam, client: SeamClient, world: World
) -> None:
    """It would make all later readings older than this one."""
    seam.then(
        ok(devices=[], headers=dated(0)),
        ok(devices=[], headers=dated(HOUR)),
        ok(headers=dated(0)),
        fail(503, headers=dated(HOUR)),
        ok(devices=[], headers=dated(0)),
    )
    for _ in range(3):
        reading = await client.list_devices()
        assert abs(reading.begun_at - world.truth) <= client.clock_error
    seam.then(fail(503, headers=dated(HOUR)))
    with pytest.raises(SeamServerError):
        await client.lock_door("d1")
    assert abs(client.now() - world.truth) <= client.clock_error
