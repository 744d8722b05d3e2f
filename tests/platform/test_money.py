import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.platform.money import MixedCurrencies, Money

AMOUNTS = st.integers(-(10**14), 10**14)
OPERATORS = [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge]


@given(AMOUNTS, AMOUNTS)
def test_it_counts_like_whole_numbers(one: int, other: int) -> None:
    a, b = Money(one, "EUR"), Money(other, "EUR")
    assert a + b == Money(one + other, "EUR")
    assert a + b - b == a
    assert [a < b, a <= b, a > b, a >= b] == [one < other, one <= other, one > other, one >= other]


@pytest.mark.parametrize("operate", OPERATORS)
def test_two_currencies_do_not_mix(operate: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(MixedCurrencies):
        operate(Money(1, "EUR"), Money(1, "USD"))


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (18900, "EUR", "189.00 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (500, "JPY", "500 JPY"),
        (1500, "KWD", "1.500 KWD"),
    ],
)
def test_in_words(minor: int, currency: str, words: str) -> None:
    assert str(Money(minor, currency)) == words


@pytest.mark.parametrize(
    ("minor", "currency"),
    [(1.5, "EUR"), (True, "EUR"), ("1", "EUR"), (10**15 + 1, "EUR"), (1, "eur"), (1, "EURO")],
)
def test_what_is_no_money(minor: Any, currency: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        Money(minor, currency)


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("150", "EUR", 15000),
        ("0", "EUR", 0),
        (" 150.5 ", "EUR", 15050),
        ("1 500,00", "EUR", 150000),
        ("500", "JPY", 500),
        ("1.250", "KWD", 1250),
    ],
)
def test_what_people_write_is_read(written: str, currency: str, minor: int) -> None:
    assert Money.read(written, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "written", ["", "-5", "1.500", "1,500.00", "1.5.0", "5 EUR", "1e3", "0x1", "٣", "9" * 16, ".5"]
)
def test_what_could_mean_something_else_is_not_read(written: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        Money.read(written, "EUR")


@given(st.integers(0, 10**14), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_what_is_written_is_read_again(minor: int, currency: str) -> None:
    one = Money(minor, currency)
    assert Money.read(one.written, currency) == one
