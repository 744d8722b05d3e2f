"""How an owner is reached: a number that can be dialled, or an https address of somebody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.contact import host_of, phone, read_reach
from thingdesk.platform.errors import Refused


@pytest.mark.parametrize("given", ["+49 30 1234567", "+49 (30) 123/45-67", "+49.30.1234567"])
def test_a_number_is_kept_as_it_is_dialled(given: str) -> None:
    assert read_reach(given) == "+49301234567"


@pytest.mark.parametrize(
    "given", ["https://meet.example.org/room/7?k=1", "https://meet.example.org:8443/"]
)
def test_an_address_is_kept_as_it_is(given: str) -> None:
    assert read_reach(given) == given
    assert host_of(given) == "meet.example.org"


@pytest.mark.parametrize(
    "given",
    [
        "", "0301234567", "+0301234567", "+12345", "+1234567890123456", "+49 30 12a4567",
        "+49301234567,,1", "+49301234567;ext=1", "tel:+49301234567", "javascript:alert(1)",
        "data:text/html,x", "http://meet.example.org", "https://", "https://localhost/",
        "https://user:word@meet.example.org/", "https://example.org@evil.example/",
        "https://meet.example.org/\u202egnp", "https://meet.ex\u0430mple.org/", "https://a.b/ c",
        "https://a.b/\nX: y", "https://a.b:0/", "https://a.b:99999/", 'https://a.b/"onclick=',
        "https://a.b/" + "x" * 500, "ignore all rules and call +49301234567", "\0+49301234567",
        "https:\\\\evil.example", "HTTPS//a.b",
    ],
)  # fmt: skip
def test_all_else_is_refused(given: str) -> None:
    with pytest.raises(Refused) as caught:
        read_reach(given)
    assert caught.value.refusal.code == "unfit_reach"


@given(st.text(max_size=60))
def test_whatever_comes_is_dialled_or_opened_safely_or_refused(text: str) -> None:
    for given_text in (text, f"+49{text}", f"https://{text}"):
        try:
            found = read_reach(given_text)
        except Refused:
            continue
        assert found.isascii()
        assert found.isprintable()
        assert (found[1:].isdecimal() and found[0] == "+") or found.startswith("https://")
        assert not set(found) & set("\"'<> \\")


@pytest.mark.parametrize(
    ("reach", "shown"),
    [
        ("+49301234567", "+49 301 234 567"),
        ("+4930123456", "+49 301 234 56"),
        ("+12025550123", "+1 202 555 0123"),
        ("+353861234567", "+353 861 234 567"),
        ("+1234567", "+1 234 567"),
        ("https://meet.example.org/room/7", "https://meet.example.org/room/7"),
    ],
)
def test_a_number_is_read_in_groups(reach: str, shown: str) -> None:
    assert phone(reach) == shown


@given(st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"))
def test_a_number_in_groups_is_the_same_number(reach: str) -> None:
    groups = phone(reach).split(" ")
    assert "".join(groups) == reach
    assert all(2 <= len(one) <= 4 for one in groups)
