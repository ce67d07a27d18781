"""Seam's time, learned from the Date header of its answers."""

from datetime import UTC, datetime
from email.utils import format_datetime
import math
import time

from hypothesis import given, strategies as st
import pytest

from custom_components.seam.api import SeamClient
from custom_components.seam.api.clock import SeamClock, read_date

from .conftest import ScriptedSeam, fail, ok

OUR_TIME = 1_800_000_000.0
# Floats of this size are exact to less than this.
ROUNDING = 1e-5

offsets = st.floats(-1e6, 1e6) | st.floats(-3, 3)
# How long we wait before a request, the way there, and the way back.
seconds = st.floats(0, 40) | st.floats(0, 0.5)
exchanges = st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=20)


def http_date(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(math.floor(moment), UTC), usegmt=True)


def test_before_any_answer_it_is_our_own_clock() -> None:
    clock = SeamClock()
    assert clock.offset == 0
    assert clock.error == 2
    assert clock.now() == pytest.approx(time.time(), abs=5)


@given(offset=offsets, exchanges=exchanges)
def test_the_truth_is_always_within_the_error(
    offset: float, exchanges: list[tuple[float, float, float]]
) -> None:
    clock = SeamClock()
    ours, before = OUR_TIME, math.inf
    for pause, there, back in exchanges:
        sent = ours + pause
        received = sent + there + back
        clock.learn(http_date(sent + there + offset), sent, received)
        ours = received
        assert abs(clock.offset - offset) <= clock.error + ROUNDING
        assert clock.error <= before + ROUNDING, "an answer must not unteach"
        before = clock.error


@given(offset=st.floats(-1e6, 1e6), phase=st.floats(0, 1))
def test_quick_answers_narrow_it_down(offset: float, phase: float) -> None:
    """Sixteen answers at different parts of a second tell it to a tenth of one."""
    clock = SeamClock()
    for number in range(16):
        sent = OUR_TIME + phase + number * (1 + 1 / 16)
        clock.learn(http_date(sent + 0.01 + offset), sent, sent + 0.02)
    assert clock.error <= 0.1


@given(
    before=st.floats(-1e6, 1e6),
    after=st.floats(-1e6, 1e6),
    exchange=st.tuples(seconds, seconds),
)
def test_a_clock_that_is_set_is_learned_anew(
    before: float, after: float, exchange: tuple[float, float]
) -> None:
    there, back = exchange
    if abs(after - before) <= 2 * (there + back + 1):
        after = before + 2 * (there + back + 1) + 1
    clock = SeamClock()
    for offset in (before, after):
        for number in range(5):
            sent = OUR_TIME + number
            date = http_date(sent + there + offset)
            clock.learn(date, sent, sent + there + back)
    assert abs(clock.offset - after) <= clock.error + ROUNDING


def test_a_clock_that_may_be_right_is_left_alone() -> None:
    clock = SeamClock()
    clock.learn(http_date(OUR_TIME + 0.5), OUR_TIME + 0.2, OUR_TIME + 0.3)
    assert clock.offset == 0


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "soon",
        "17",
        "Wed, 99 Oct 2015 07:28:00 GMT",
        "Wed, 21 Oct 99999 07:28:00 GMT",
        "Wed, 21 Oct 2015 07:28:00 +" + "9" * 20,
    ],
)
def test_a_bad_date_teaches_nothing(date: str | None) -> None:
    clock = SeamClock()
    clock.learn(date, OUR_TIME, OUR_TIME)
    assert (clock.offset, clock.error) == (0, 2)


@given(st.text() | st.from_regex(r"\w{3}, \d+ (Jan|Feb) \d+ \d+:\d+:\d+ [+-]?\w*"))
def test_no_date_raises(date: str) -> None:
    found = read_date(date)
    assert found is None or math.isfinite(found)


@pytest.mark.parametrize("skew", [0.0, 600.0, -600.0])
async def test_every_answer_teaches_the_client(
    seam: ScriptedSeam, client: SeamClient, skew: float
) -> None:
    """Also one that tells of an error."""
    date = {"Date": http_date(time.time() + skew)}
    seam.then(fail(404, headers=date), ok(devices=[], headers=date))
    with pytest.raises(Exception, match="Some message"):
        await client.get_device("d1")
    assert client.clock_offset == pytest.approx(skew, abs=2)
    assert 0 < client.clock_error < 2
    truth = time.time() + skew
    assert abs(client.now() - truth) <= client.clock_error + 1
    reading = await client.list_devices()
    assert reading.begun_at == pytest.approx(time.time() + skew, abs=3)
