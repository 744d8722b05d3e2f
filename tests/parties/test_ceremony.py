"""What browsers send of passkeys, whatever it is."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parties.authenticator import Authenticator

from thingdesk.parties import Passkey, Place, Staff
from thingdesk.parties.ceremony import Unfit, read_new, read_proof
from thingdesk.platform import clock, ids

PLACE = Place("desk.example", "https://desk.example")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://desk.example", Place("desk.example", "https://desk.example")),
        ("https://Desk.example:443/x", Place("desk.example", "https://desk.example")),
        ("https://desk.example:8443", Place("desk.example", "https://desk.example:8443")),
        ("http://localhost:8080", Place("localhost", "http://localhost:8080")),
        ("http://desk.example", None),
        ("https://192.0.2.1", None),
        ("http://127.0.0.1:8080", None),
        ("https://[::1]", None),
        (None, None),
    ],
)
def test_passkeys_are_good_at_a_name_that_is_safe(url: str | None, place: Place | None) -> None:
    assert Place.of(url) == place


CHALLENGE = b"c" * 32
ASKED = orjson.dumps({"challenge": "Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M"}).decode()
KEY = Authenticator()
MADE = KEY.make(ASKED)


def mangled(answer: str) -> st.SearchStrategy[str]:
    """The answer with pieces of it changed, and things that are none."""
    cut = st.tuples(
        st.integers(0, len(answer)), st.integers(0, 8), st.text('AaZz09-_{}[]":,nul', max_size=8)
    ).map(lambda one: answer[: one[0]] + one[2] + answer[one[0] + one[1] :])
    return st.one_of(cut, st.text(max_size=50), st.just("[" * 15_000))


@given(mangled(MADE))
def test_whatever_a_browser_sends_is_a_passkey_or_none(answer: str) -> None:
    try:
        made = read_new(answer, PLACE, CHALLENGE)
    except Unfit:
        return
    assert made.credential


@given(mangled(KEY.sign(ASKED)))
def test_whatever_a_browser_sends_is_a_proof_or_none(answer: str) -> None:
    staff = Staff(ids.new(), "a@example.org", "A", frozenset(), ready=True)
    made = read_new(MADE, PLACE, CHALLENGE)
    mine = Passkey(ids.new(), "A", clock.now(), None, made.credential, made.public_key, 0, ())
    try:
        found = read_proof(answer, [mine], staff, PLACE, CHALLENGE)
    except Unfit:
        return
    assert found == (mine, 1)
