"""What is said of the wait, by property."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from thingdesk.contact.expect import (
    FEWEST,
    PICKS_UP,
    Line,
    Said,
    expected_wait,
    worth_telling,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(), timedelta(hours=3))
KNOWN = st.lists(SPANS, min_size=FEWEST, max_size=20).map(tuple)
PLACES = st.integers(1, 500)
PEOPLE = st.integers(1, 40)


def wait(place: int, people: int, busy: int, lasted: tuple[timedelta, ...]) -> timedelta:
    found = expected_wait(place, Line(people, busy, lasted))
    assert found is not None
    return found


@given(
    PLACES,
    st.integers(0, 40),
    st.integers(0, 40),
    st.lists(SPANS, max_size=8).map(tuple),
    st.timedeltas(timedelta(minutes=-1), timedelta(hours=1)),
)
def test_it_is_never_negative_and_not_known_without_people_or_talks(
    place: int, people: int, busy: int, lasted: tuple[timedelta, ...], idle: timedelta
) -> None:
    line = Line(people, busy, lasted, idle)
    found = expected_wait(place, line)
    assert (found is None) == (line.serving == 0 or len(lasted) < FEWEST)
    assert found is None or found >= timedelta()


@given(PLACES, PEOPLE, st.integers(0, 40), KNOWN)
def test_who_stands_behind_never_waits_shorter_and_one_more_person_never_makes_it_longer(
    place: int, people: int, busy: int, lasted: tuple[timedelta, ...]
) -> None:
    assert wait(place, people, busy, lasted) <= wait(place + 1, people, busy, lasted)
    assert wait(place, people + 1, busy, lasted) <= wait(place, people, busy, lasted)


@given(PLACES, PEOPLE, KNOWN)
def test_where_all_talk_each_place_takes_a_share_of_a_talk(
    place: int, people: int, lasted: tuple[timedelta, ...]
) -> None:
    took = sum(lasted, timedelta()) / len(lasted)
    share = timedelta(microseconds=2)
    assert abs(wait(place, people, people, lasted) - took * place / people) < share


@given(PEOPLE, KNOWN)
def test_who_finds_somebody_free_does_not_wait(people: int, lasted: tuple[timedelta, ...]) -> None:
    assert wait(1, people, people - 1, lasted) == timedelta()


def test_who_lets_the_first_one_wait_does_not_count_as_free() -> None:
    lasted = (timedelta(minutes=10),) * FEWEST
    assert expected_wait(1, Line(2, 1, lasted, PICKS_UP)) == timedelta()
    over = PICKS_UP + timedelta(seconds=1)
    assert expected_wait(1, Line(2, 1, lasted, over)) == timedelta(minutes=10)
    assert expected_wait(1, Line(2, 0, lasted, over)) is None


@given(PLACES, PLACES, st.timedeltas(timedelta(hours=-2), timedelta(hours=2)))
def test_a_machine_is_told_at_most_once_in_two_minutes(
    said: int, place: int, by: timedelta
) -> None:
    before = Said(said, NOW, NOW - timedelta(seconds=119))
    assert not worth_telling(before, place, NOW + by, NOW)


def test_it_is_told_what_matters() -> None:
    ago = NOW - timedelta(minutes=5)
    later = NOW + timedelta(minutes=9)
    assert not worth_telling(Said(40, later, ago), 30, later, NOW)
    assert worth_telling(Said(40, later, ago), 20, later, NOW)
    assert worth_telling(Said(4, later, ago), 3, later, NOW)
    assert not worth_telling(Said(3, later, ago), 3, later, NOW)
    assert not worth_telling(Said(3, later, ago), 5, later, NOW)
    assert worth_telling(Said(3, NOW, ago), 3, later, NOW), "what was said has not come true"
    assert not worth_telling(Said(3, NOW, ago), 3, NOW, NOW), "nothing else can be said"
