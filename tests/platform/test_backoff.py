from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from thingdesk.platform import ids
from thingdesk.platform.backoff import Backoff

BACKOFF = Backoff(timedelta(seconds=4), timedelta(minutes=1))


def test_pauses_double_until_the_longest() -> None:
    pauses = [BACKOFF.pause(attempts, 0.0) / timedelta(seconds=1) for attempts in range(1, 7)]
    assert pauses == [4, 8, 16, 32, 60, 60]


def test_the_draw_takes_up_to_half_of_a_pause_away() -> None:
    assert BACKOFF.pause(1, 0.5) == timedelta(seconds=3)


@given(st.integers(min_value=0, max_value=10**9), st.floats(0, 1, exclude_max=True))
def test_a_pause_stays_in_its_bounds(attempts: int, draw: float) -> None:
    assert BACKOFF.first / 2 <= BACKOFF.pause(attempts, draw) <= BACKOFF.longest


def test_draws_differ_and_stay_below_one() -> None:
    draws = {ids.draw() for _ in range(100)}
    assert len(draws) == 100
    assert all(0 <= draw < 1 for draw in draws)
