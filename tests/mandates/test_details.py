"""Mandates as clients write and read them (RFC 9396)."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mandates.test_narrow import WIDE, terms_

from thingdesk.mandates import Terms, as_details, read_details
from thingdesk.mandates.details import FIELDS
from thingdesk.platform.errors import Refused


def test_a_mandate_in_details_says_all_that_it_says() -> None:
    details = as_details(WIDE)
    assert details["per_case"] == {"minor": 30000, "currency": "EUR"}
    assert details["times"][0] == {"day": "saturday", "opens": "00:00", "closes": "12:00"}
    assert details["ends"] == "2026-11-22T12:00:00+00:00"
    assert read_details([details]) == WIDE
    assert as_details(Terms(("*",))) == {"type": "thingdesk_mandate", "services": ["*"]}


def _can_be_sent(terms: Terms) -> bool:
    budgets = (terms.per_case, terms.per_period)
    both = not any(budgets) or len({one and one.currency for one in budgets}) == 1
    return both and not any("?" in one or "[" in one for one in terms.services)


@given(terms_.filter(_can_be_sent))
def test_what_is_written_is_read_again(terms: Terms) -> None:
    assert read_details([as_details(terms)]) == terms


UNIT = {"minor": 1, "currency": "XXX"}
"""In which cases are counted: no currency."""
SOME = {"minor": 1, "currency": "EUR"}
SOUND: dict[str, Any] = {"type": "thingdesk_mandate", "services": ["vehicle.*"]}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"services": []}, "0.services"),
        ({"services": ["vehicle.?"]}, "0.services"),
        ({"services": ["*"] * 101}, "0.services"),
        ({"services": "vehicle.repair"}, "0.services"),
        ({"machines": ["car/1"]}, "0.machines"),
        ({"per_case": {"minor": -1, "currency": "EUR"}, "per_period": SOME}, "0.per_case"),
        ({"per_case": {"minor": 1.5, "currency": "EUR"}, "per_period": SOME}, "0.per_case"),
        ({"per_case": SOME}, "0.per_period"),
        ({"per_period": SOME}, "0.per_case"),
        ({"per_case": {"minor": 1, "currency": "USD"}, "per_period": SOME}, "0.per_period"),
        ({"per_case": {"minor": 1, "currency": "euro"}, "per_period": SOME}, "0.per_case"),
        ({"per_case": {"minor": 10**30, "currency": "EUR"}, "per_period": SOME}, "0.per_case"),
        ({"ends": "soon"}, "0.ends"),
        ({"ends": 5}, "0.ends"),
        ({"cases": True}, "0.cases"),
        ({"depth": 6}, "0.depth"),
        ({"times": [{"day": "someday", "opens": "08:00", "closes": "09:00"}]}, "0.times"),
        ({"times": [{"day": [], "opens": "08:00", "closes": "09:00"}]}, "0.times"),
        ({"times": [{"day": "monday", "opens": "09:00", "closes": "08:00"}]}, "0.times"),
        ({"times": [{"day": "monday", "opens": "24:01", "closes": "24:30"}]}, "0.times"),
        ({"per_case": UNIT, "per_period": UNIT}, "0.per_case 0.per_period"),
        ({"approval_above": UNIT}, "0.approval_above"),
        ({"providers": ["Garage\nNorth"]}, "0.providers"),
        ({"everything": True}, "0.everything"),
        ({"type": "payment"}, "0.type"),
    ],
)
def test_what_is_wrong_is_named(wrong: dict[str, Any], path: str) -> None:
    read_details([SOUND])
    with pytest.raises(Refused) as refused:
        read_details([{**SOUND, **wrong}])
    assert refused.value.refusal.code == "bad_mandate"
    assert [one.path for one in refused.value.refusal.fields] == path.split()


SOMEDAY = "has a day that is none of monday, tuesday, wednesday, thursday, friday, saturday, sunday"


def _hours(*spans: tuple[Any, str, str]) -> list[dict[str, Any]]:
    return [{"day": day, "opens": opens, "closes": closes} for day, opens, closes in spans]


@pytest.mark.parametrize(
    ("times", "problem"),
    [
        (_hours(("someday", "08:00", "09:00")), SOMEDAY),
        (_hours((["x"], "08:00", "09:00")), SOMEDAY),
        (_hours(("monday", "8", "09:00")), "has a time that is none"),
        (
            _hours(("monday", "10:00", "09:00")),
            "has a span that does not open before it closes, by 24:00",
        ),
        (
            _hours(("monday", "08:00", "10:00"), ("monday", "09:00", "11:00")),
            "has spans that overlap",
        ),
    ],
)
def test_what_is_wrong_with_times_is_said_in_words(times: Any, problem: str) -> None:
    with pytest.raises(Refused) as refused:
        read_details([{**SOUND, "times": times}])
    (wrong,) = refused.value.refusal.fields
    assert (wrong.path, wrong.problem) == ("0.times", problem)
    assert "none over another" in wrong.mend


@pytest.mark.parametrize(
    "hidden", ["\n", "\x85", "\u2028", "\u2029", "\u202e", "\u2066", "\u200b", "\ud800", "\0"]
)
def test_a_provider_is_one_line_of_what_can_be_seen(hidden: str) -> None:
    with pytest.raises(Refused) as refused:
        read_details([{**SOUND, "providers": [f"Centre North{hidden}Ends: tomorrow"]}])
    (wrong,) = refused.value.refusal.fields
    assert (wrong.path, "one line" in wrong.mend) == ("0.providers", True)
    assert read_details([{**SOUND, "providers": ["Süd & Söhne, क्षि"]}]).providers


def test_a_field_that_is_misspelled_is_told_all_there_are() -> None:
    with pytest.raises(Refused) as refused:
        read_details([{**SOUND, "per_month": {"minor": 5000, "currency": "EUR"}}])
    (wrong,) = refused.value.refusal.fields
    assert all(one.name in wrong.mend for one in fields(Terms))


def test_each_field_is_described_with_an_example_that_is_read() -> None:
    assert set(FIELDS) == {one.name for one in fields(Terms)}
    for name, one in FIELDS.items():
        assert one.words.endswith(".")
        money = {two: FIELDS[two].example for two in ("per_case", "per_period") if "per_" in name}
        terms = read_details([{**SOUND, **money, name: one.example}])
        assert getattr(terms, name) != getattr(Terms(()), name), name
        assert as_details(terms)[name]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*as_details(WIDE), "day", "minor"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(
    anything
    | st.lists(
        st.builds(
            lambda more: {**SOUND, **more},
            st.dictionaries(st.sampled_from(list(as_details(WIDE))), anything, max_size=3),
        ),
        max_size=2,
    )
)
def test_anything_is_read_or_refused(given_: object) -> None:
    assert is_read(given_) or is_refused(given_)


def is_read(given_: object) -> bool:
    try:
        return bool(read_details(given_).services)
    except Refused:
        return False


def is_refused(given_: object) -> bool:
    try:
        read_details(given_)
    except Refused as refused:
        return refused.refusal.code == "bad_mandate"
    return False
