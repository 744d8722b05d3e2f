from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.decisions import asking

from thingdesk.decisions.budget import can_be_spared, counts, spare, week_of
from thingdesk.notices import To
from thingdesk.platform import ids

question = partial(asking.question, ids.new())
approval = partial(asking.approval, ids.new())


def test_a_week_begins_on_monday_where_the_owner_is() -> None:
    sunday_evening = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert week_of(sunday_evening, "UTC") == date(2026, 11, 16)
    assert week_of(sunday_evening, "Europe/Berlin") == date(2026, 11, 23)
    assert week_of(sunday_evening + timedelta(hours=4), "America/New_York") == date(2026, 11, 16)


def test_only_what_has_a_default_can_be_spared_and_an_approval_never() -> None:
    assert can_be_spared(question())
    assert not can_be_spared(question(default=None))
    assert not can_be_spared(approval())
    assert not can_be_spared(question(safety=True))
    assert not can_be_spared(question(to=To.STAFF))


def test_what_is_asked_counts_but_for_safety_and_staff() -> None:
    assert counts(question())
    assert counts(question(default=None))
    assert counts(approval())
    assert not counts(question(safety=True))
    assert not counts(question(to=To.STAFF))


def test_the_last_one_within_the_budget_is_asked_and_the_next_is_spared() -> None:
    first, second = question(), question()
    assert spare([first, second], asked=2, budget=3) == ([second], 3)


def test_an_approval_beyond_the_budget_is_asked_and_counted() -> None:
    one = approval()
    assert spare([one], asked=3, budget=3) == ([], 4)


KINDS = st.sampled_from([question, approval, lambda: question(default=None)])


@given(st.lists(KINDS, max_size=12), st.integers(0, 6), st.integers(0, 6))
def test_never_more_than_the_budget_of_what_could_be_spared(
    kinds: list[Any], asked: int, budget: int
) -> None:
    questions = [make() for make in kinds]
    spared, after = spare(questions, asked, budget)
    assert after - asked == len(questions) - len(spared)
    put = [one for one in questions if one not in spared and can_be_spared(one)]
    assert len(put) <= max(0, budget - asked)
    assert all(can_be_spared(one) for one in spared)
