import pytest

from thingdesk.platform import formats


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (53.25, "53.25"),
        (-0.123456, "-0.1235"),
        (12345.0, "12\u2009345"),
        (12345678.6, "12\u2009345\u2009679"),
        (1e308, "1e+308"),
    ],
)
def test_a_number_is_as_short_as_it_can_be_read(value: float, words: str) -> None:
    assert formats.number(value) == words


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_ends_with_and(words: list[str], said: str) -> None:
    assert formats.listed(words) == said
