"""Names of one word, in any script."""

import pytest

from thingdesk.platform import one_word


@pytest.mark.parametrize(
    "name", ["car", "heat_pump", "car-2", "Wärmepumpe", "हीटपंप", "ヒートポンプ"]
)
def test_a_word_fits(name: str) -> None:
    assert one_word.problem(name) is None


@pytest.mark.parametrize(
    ("name", "like"),
    [("heat pump", "heat_pump"), (" a/b, c ", "a_b_c"), ("a\n", "a"), ("", "heat_pump"), (5, "5")],
)
def test_what_is_none_has_one_like_it(name: object, like: str) -> None:
    assert one_word.problem(name)
    assert one_word.like(name) == like
    assert one_word.problem(like) is None
