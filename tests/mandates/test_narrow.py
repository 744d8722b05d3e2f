"""What is passed on permits nothing that it was narrowed from does not."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mandates.facts import ACTION, DAY, FACTS, MANDATE, NOW, TERMS, eur

from thingdesk.mandates import (
    EVERYTHING,
    Action,
    Answer,
    Facts,
    Spent,
    Terms,
    decide,
    narrow,
)
from thingdesk.parties import Span, WeeklyHours
from thingdesk.platform.errors import Refusal, Refused
from thingdesk.platform.money import Money

PATTERNS = ["*", "vehicle.*", "vehicle.re*", "vehicle.repair", "vehicle.?epair", "[v]e*", "meter.*"]
NAMES = ["replace_part", "replace_*", "reboot", "*"]
MACHINES = ["car-1", "car-2"]
NOON = (NOW.weekday(), 12 * 60, 12 * 60 + 30)
HOURS = [
    WeeklyHours((Span(*NOON),)),
    WeeklyHours((Span(NOON[0], 0, 12 * 60), Span(*NOON))),
    WeeklyHours((Span(NOON[0], 11 * 60, 12 * 60 + 5),)),
    WeeklyHours((Span((NOON[0] + 1) % 7, 0, 1440),)),
]


def some(values: list[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), min_size=least, max_size=2, unique=True).map(tuple)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


money = st.builds(Money, st.sampled_from([0, 5000, 10000, 30000]), st.sampled_from(["EUR", "USD"]))
terms_ = st.builds(
    Terms,
    some(PATTERNS, 1),
    st.one_of(st.just(EVERYTHING), some(NAMES)),
    maybe(some(MACHINES)),
    maybe(money),
    maybe(money),
    some(["book", "vehicle.*", "reboot"]),
    maybe(st.sampled_from([NOW - DAY, NOW, NOW + DAY])),
    maybe(st.sampled_from([NOW, NOW + timedelta(minutes=1), NOW + 2 * DAY])),
    maybe(st.integers(0, 3)),
    maybe(money),
    maybe(some(["Garage North", "Garage South"])),
    maybe(st.sampled_from(HOURS)),
    st.integers(0, 2),
)
actions = st.builds(
    replace,
    st.just(ACTION),
    machine=st.sampled_from(MACHINES),
    service=st.sampled_from(["vehicle.repair", "vehicle.tow", "meter.bill"]),
    effect=st.sampled_from(["book", "reserve_part"]),
    remedy=st.sampled_from([None, "replace_part", "reboot"]),
    amount=maybe(money),
    provider=st.sampled_from([None, ACTION.case_id]),
    details=st.sampled_from([{}, {"name": "Garage North"}, {"name": "Garage South"}]),
)
spent = st.builds(Spent, st.integers(0, 20000), st.integers(0, 20000), cases=st.integers(0, 3))


def under(terms: Terms, spent: Spent) -> Facts:
    return replace(FACTS, mandate=replace(MANDATE, terms=terms), spent=spent)


def narrowed(parent: Terms, asked: Terms) -> Terms | Refusal:
    try:
        return narrow(parent, asked)
    except Refused as refused:
        return refused.refusal


@given(terms_, terms_, st.lists(st.tuples(actions, spent), min_size=1, max_size=20))
def test_what_the_narrower_allows_the_wider_allows(
    parent: Terms, asked: Terms, tried: list[tuple[Action, Spent]]
) -> None:
    child = narrowed(parent, asked)
    if isinstance(child, Refusal):
        assert child.code == "mandate_wider"
        assert child.fields
        return
    assert child.depth < parent.depth
    assert narrow(parent, child) == child
    for action, gone in tried:
        if decide(action, under(child, gone)).answer is Answer.ALLOW:
            assert decide(action, under(parent, gone)).answer is Answer.ALLOW


@given(terms_, terms_, actions, spent, spent)
def test_a_chain_allows_what_each_of_it_allows(
    parent: Terms, child: Terms, action: Action, gone: Spent, above: Spent
) -> None:
    facts = under(child, replace(gone, above=(above,)))
    facts = replace(facts, parents=(replace(MANDATE, terms=parent),))
    alone = [decide(action, under(child, gone)), decide(action, under(parent, above))]
    allowed = all(one.answer is Answer.ALLOW for one in alone)
    assert (decide(action, facts).answer is Answer.ALLOW) == allowed


WIDE = replace(
    TERMS,
    services=("vehicle.*", "meter.bill"),
    remedies=("replace_part", "reboot"),
    machines=("car-1", "car-2"),
    always_ask=("reboot",),
    begins=NOW,
    ends=NOW + DAY,
    cases=5,
    approval_above=eur(10000),
    providers=("Garage North",),
    times=HOURS[1],
    depth=2,
)


def test_what_is_not_limited_is_limited_as_before() -> None:
    child = narrow(WIDE, Terms(("vehicle.repair",), depth=1))
    assert child == replace(
        WIDE, services=("vehicle.repair",), per_case=None, per_period=None, depth=1
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *product(["services"], [("*",), ("meter.*",), ("vehicle.*", "meter.read"), ("v*",)]),
        ("remedies", ("replace_*",)),
        ("machines", ("car-1", "car-3")),
        *product(["per_case", "per_period"], [eur(100001), Money(1, "USD")]),
        ("approval_above", eur(10001)),
        ("begins", NOW - timedelta(seconds=1)),
        ("ends", NOW + 2 * DAY),
        ("ends", NOW),
        ("cases", 6),
        ("providers", ("Garage South",)),
        ("times", HOURS[3]),
        ("depth", 2),
    ],
)
def test_what_is_wider_is_refused(field: str, value: object) -> None:
    usual = Terms(("vehicle.repair",))
    narrow(WIDE, usual)
    with pytest.raises(Refused) as refused:
        narrow(WIDE, replace(usual, **{field: value}))  # type: ignore[arg-type]
    assert [one.path for one in refused.value.refusal.fields] == [field]


def test_what_cannot_be_passed_on_is_not() -> None:
    with pytest.raises(Refused, match="depth"):
        narrow(replace(WIDE, depth=0), Terms(("vehicle.repair",)))


def test_spans_that_touch_are_one() -> None:
    across = WeeklyHours((Span(NOON[0], 11 * 60, 12 * 60 + 10),))
    assert narrow(WIDE, Terms(("vehicle.repair",), times=across)).times == across
