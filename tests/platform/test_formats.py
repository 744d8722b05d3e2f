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
    ("text", "words"),
    [
        ("reserve_part", "Reserve part"),
        ("case.opened", "Case opened"),
        ("it costs 1.5 EUR. Look at evil.example.", "It costs 1.5 EUR. Look at evil.example."),
    ],
)
def test_a_name_is_spoken_and_words_stay_as_they_are(text: str, words: str) -> None:
    assert formats.sentence(text) == words


@pytest.mark.parametrize(
    ("words", "said"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_a_list_ends_with_and(words: list[str], said: str) -> None:
    assert formats.listed(words) == said


def test_a_list_is_one_line_whatever_stands_in_it() -> None:
    assert formats.listed(["a\u2028Ends: never", "b\r\nc\u202e"]) == "a Ends: never and b c"


@pytest.mark.parametrize(
    ("text", "quoted", "named", "field"),
    [
        ("P0301", '"P0301"', None, "P0301"),
        ("io.example/x.0:@y", '"io.example/x.0:@y"', '"io.example/x.0:@y"', None),
        ("a\r\n b\u202e", '"a b"', '"a b"', '"a b"'),
        ('"x" y', "\"'x' y\"", "\"'x' y\"", "\"'x' y\""),
        ("", '""', '""', '""'),
    ],
)
def test_what_others_wrote_is_quoted(
    text: str, quoted: str, named: str | None, field: str | None
) -> None:
    assert formats.quoted(text) == quoted
    assert formats.named(text) == (named or text)
    assert formats.field(text) == (field or text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", None),  # a name in Persian
        ("\u0915\u094d\u200d\u0937", None),  # a conjunct in Hindi
        ("\U0001f469\U0001f3fd\u200d\U0001f527 \u2764\ufe0f\u200d\U0001f525", None),
        ("pay\u200cpal, 1\u200d2", "paypal, 12"),
        ("\u0639\u200c\u200c\u0631", "\u0639\u0631"),
        ("\u200d\u0639\u200c", "\u0639"),
        ("\u0639\u202e\u200b\u0631\r\n\t", "\u0639\u0631\n\t"),
        ("\u6771\u200d\u4eac", "\u6771\u4eac"),  # Tokyo, which looks the same without it
        ("\uae40\u200c\ucca0", "\uae40\ucca0"),
        ("\u05d0\u200c\u05d1", "\u05d0\u05d1"),
        ("\u0628\u200d\u0628", "\u0628\u0628"),  # they are joined anyway
        ("\u09b0\u200d\u09cd\u09af", None),  # a conjunct in Bengali, with it before the virama
        ("\u0639\u064e\u200c\u0631", None),
        ("\u200d", ""),
        ("", ""),
    ],
)
def test_a_joiner_stays_where_it_forms_letters_and_hides_nowhere(
    text: str, shown: str | None
) -> None:
    assert formats.seen(text) == (text if shown is None else shown)
    assert formats.is_line(text) is (shown is None or not text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", None),
        ("\u0d9a\u0dca\u200d\u0dbb", None),  # a conjunct in Sinhala
        (" A\n\tB\u2028\u00a0C ", "A B C"),
        ("A\u200bB\u200d", "AB"),
        ("", ""),
    ],
)
def test_a_line_has_no_other_blanks_than_plain_ones(text: str, line: str | None) -> None:
    assert formats.line(text) == (text if line is None else line)
    assert formats.is_line(text) is (line is None or text == line)
