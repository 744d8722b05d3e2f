"""A machine and the desk compute the same hash of an event, or no receipt would ever count."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as some

from thingdesk.platform import cloudevents
from thingdesk_machine import NotSendable, envelope

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
FLOATS = some.floats(allow_nan=False, allow_infinity=False)
SMALL = some.floats(-1e-3, 1e-3)
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**63 - 1)
    | FLOATS
    | SMALL
    | some.text(max_size=9)
)
JSON = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
@example([1e-4, 1e-5, 1.5e-5, 1e-6, 1e-7, 1e-10, 1e16, 1e22, -0.0, 123456789012345680.0])
def test_what_a_machine_sends_has_the_same_hash_at_the_desk(value: Any) -> None:
    try:
        draft = envelope.draft("car-1", "reports", {"service": "s", "input": value}, NOW)
    except NotSendable:
        return  # half a character, a control character, or nested too deep
    (event,) = cloudevents.read(envelope.message([draft.body]))
    assert isinstance(event, cloudevents.Envelope), event
    assert event.hash == draft.hash
    assert event.data["input"] == value


@given(FLOATS | SMALL)
def test_a_float_is_spelled_as_python_spells_it(value: float) -> None:
    """Also for a machine that is not written with our library, and after an update of orjson."""
    text = json.dumps({"v": value}, separators=(",", ":"))
    read = orjson.loads(text)
    assert cloudevents.canonical_hash(read) == hashlib.sha256(text.encode()).hexdigest()


@given(some.lists(some.text(max_size=300), min_size=1, max_size=5))
def test_a_message_of_many_is_read_as_what_was_put_in(texts: list[str]) -> None:
    drafts = []
    for number, text in enumerate(texts):
        try:
            drafts.append(
                envelope.draft("car-1", "signals", {"codes": [text]}, NOW, f"file.csv:{number}")
            )
        except NotSendable:
            continue
    if drafts:
        events = cloudevents.read(envelope.message([draft.body for draft in drafts]))
        assert [event.id for event in events] == [draft.id for draft in drafts]
