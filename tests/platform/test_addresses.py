import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.platform import addresses


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.org",
        "Anna.B+car@mail.example.co.uk",
        "o'neil@example.org",
        "desk@localhost",
        "a=b?c@example.org",
        "anna@xn--bcher-kva.example",
        "a" * 64 + "@example.org",
        "a@" + "b" * 63 + ".example",
    ],
)
def test_what_is_an_address(text: str) -> None:
    assert addresses.problem(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nobody",
        "@example.org",
        "anna@",
        "anna@example.org ",
        " anna@example.org",
        "anna@example.org\n",
        "anna@example.org\r\nBcc: eve@example.net",
        "an\x00na@example.org",
        "an\x7fna@example.org",
        "an\u200bna@example.org",
        "änna@example.org",
        "anna@bücher.example",
        "anna@example。org",
        "\uff41nna@example.org",
        "=?utf-8?q?eve=40example.net?=@example.org",
        "=?utf-8?b?ZXZl?=@example.org",
        "anna@example.org,eve@example.net",
        "anna@example.org;eve@example.net",
        "anna@eve@example.org",
        "friends:anna@example.org;",
        "<anna@example.org>",
        "Anna <anna@example.org>",
        '"anna b"@example.org',
        '"anna"@example.org',
        "anna(comment)@example.org",
        "anna\\b@example.org",
        ".anna@example.org",
        "anna.@example.org",
        "an..na@example.org",
        "anna@.example.org",
        "anna@example..org",
        "anna@example.org.",
        "anna@-example.org",
        "anna@exam_ple.org",
        "anna@[192.0.2.1]",
        "anna@192.0.2.1",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".example",
        "a@" + "b." * 130 + "example",
    ],
)
def test_what_is_none(text: str) -> None:
    assert addresses.problem(text) == "is no e-mail address"


@given(st.text(max_size=300))
def test_whatever_is_an_address_is_one_line_of_ascii_with_one_at(text: str) -> None:
    for one in (text, f"{text}@example.org", f"anna@{text}"):
        if addresses.problem(one) is None:
            assert one.isascii()
            assert one.isprintable()
            assert one.count("@") == 1
            assert len(one) <= 254


def test_a_sender_may_have_a_name() -> None:
    assert addresses.split('"The desk" <desk@example.net>') == ("The desk", "desk@example.net")
    persian = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627"
    assert addresses.split(f"{persian} <desk@example.net>") == (persian, "desk@example.net")
    for wrong in ("The desk", "Desk <desk@example.net, eve@example.net>", "A\nB <a@example.net>"):
        with pytest.raises(ValueError, match=r"is no e-mail address|cannot be seen"):
            addresses.split(wrong)
