"""What needs no desk: the envelope, the wait, the conditions, the identity, the receipt."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.machine.desk import Desk, digest, token_of

from thingdesk.platform import cloudevents
from thingdesk_machine import Backoff, Identity, NotSendable, Options, envelope, incoming
from thingdesk_machine.canonical import canonical
from thingdesk_machine.preconditions import unmet
from thingdesk_machine.receipts import DeskKeys, Forged

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**53) + 1, 2**53 - 1)
    | some.text(max_size=9)
    | some.floats(allow_nan=False, allow_infinity=False),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_an_event_has_the_same_hash_at_the_desk(value: Any) -> None:
    try:
        draft = envelope.draft("car-1", "reports", {"input": value}, NOW)
    except NotSendable:
        return  # half a character, or too deep
    (received,) = cloudevents.read(envelope.message([draft.body]))
    assert isinstance(received, cloudevents.Envelope), received
    assert received.hash == draft.hash
    assert received.data == {"input": value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e16, "10000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (-2.5e-7, "-2.5e-7"),
        (-0.0, "0"),
        (73.9, "73.9"),
        (7, "7"),
        (True, "true"),
        ("\u2028é\n", '"\u2028é\\n"'),
        ({"b": 1, "a": (2,)}, '{"a":[2],"b":1}'),
    ],
)
def test_a_value_is_written_in_one_way(value: Any, text: str) -> None:
    assert canonical(value) == text.encode()


@pytest.mark.parametrize("value", ["\x00", ["\x1b[2J"], {"a\x7f": 1}, {"a": ["\x85"]}, 2**53])
def test_what_the_desk_cannot_read_is_not_sent(value: Any) -> None:
    with pytest.raises(NotSendable):
        canonical(value)


def test_an_event_looks_like_this() -> None:
    draft = envelope.draft("car-1", "acks", {"notice": "n1"}, NOW, "ack-n1")
    assert draft.body == (
        '{"data":{"notice":"n1"},"id":"ack-n1","source":"td/car-1","specversion":"1.0",'
        '"time":"2026-11-21T20:00:00.000000Z","type":"thingdesk.ack"}'
    )
    assert draft.hash == digest(json.loads(draft.body))


def test_the_same_content_at_another_time_is_recognised() -> None:
    first = envelope.draft("car-1", "signals", {"values": {"speed": 1}}, NOW, "s1")
    later = envelope.draft("car-1", "signals", {"values": {"speed": 1}}, datetime.now(UTC), "s1")
    other = envelope.draft("car-1", "signals", {"values": {"speed": 2}}, NOW, "s1")
    assert first.content == later.content != other.content
    assert first.hash != later.hash


def test_a_time_without_zone_is_not_guessed() -> None:
    with pytest.raises(NotSendable, match="zone"):
        envelope.draft("car-1", "signals", {}, datetime(2026, 1, 1))  # noqa: DTZ001 - the point


@given(some.lists(some.integers(1, 200_000), min_size=1, max_size=12))
def test_a_message_is_as_full_as_it_may_be_and_no_fuller(sizes: list[int]) -> None:
    bodies = ["x" * size for size in sizes]
    count = envelope.fitting(bodies)
    assert 1 <= count <= len(bodies)
    assert count == 1 or len(envelope.message(bodies[:count])) <= envelope.MAX_BYTES
    if count < len(bodies):
        assert len(envelope.message(bodies[: count + 1])) > envelope.MAX_BYTES


def test_a_message_has_at_most_a_thousand_events() -> None:
    assert envelope.fitting(["{}"] * 2000) == 1000
    with pytest.raises(ValueError, match="1 to 1000"):
        Options(batch=1001)


@pytest.mark.parametrize(("levels", "fits"), [(14, True), (15, False), (5000, False)])
def test_the_depth_is_bounded(levels: int, fits: bool) -> None:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    if fits:  # the event and its data are the two levels around it
        envelope.draft("car-1", "signals", {"deep": value}, NOW)
    else:
        with pytest.raises(NotSendable, match="deeper than 16"):
            envelope.draft("car-1", "signals", {"deep": value}, NOW)


@given(some.integers(0, 10_000), some.floats(0, 1, exclude_max=True))
def test_a_wait_doubles_is_bounded_and_spread(attempt: int, draw: float) -> None:
    backoff = Backoff(first=0.5, longest=60)
    ceiling = min(60, 0.5 * 2 ** min(attempt, 100))
    assert ceiling / 2 <= backoff.delay(attempt, draw) <= ceiling
    assert backoff.delay(attempt, 0.0) == ceiling


UNMET: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"speed": {"max": 0}}, {"speed": 1}),
    ({"speed": {"min": 1}}, {"speed": 0.5}),
    ({"speed": {"max": 0}}, {}),
    ({"speed": {"max": 0}}, {"speed": None}),
    ({"speed": {"max": 0}}, {"speed": "0"}),
    ({"speed": {"max": 1}}, {"speed": True}),
    ({"speed": {"max": 1}}, {"speed": float("nan")}),
    ({"speed": {"min": 0, "max": 5}}, {"speed": 6}),
    ({"speed": {"below": 5}}, {"speed": 1}),
    ({"speed": {}}, {"speed": 1}),
    ({"speed": 0}, {"speed": 0}),
    ({"doors": {"equals": "shut"}}, {"doors": "open"}),
    ({"on": {"equals": 1}}, {"on": True}),
    ({"on": {"equals": True}}, {"on": 1}),
]


@pytest.mark.parametrize(("conditions", "state"), UNMET)
def test_a_condition_that_does_not_hold_or_is_not_known(
    conditions: dict[str, Any], state: dict[str, Any]
) -> None:
    assert unmet(conditions, state)


def test_conditions_that_hold() -> None:
    state = {"speed": 0, "battery": 55.5, "doors": "shut", "on": True}
    conditions = {
        "speed": {"max": 0, "equals": 0.0},
        "battery": {"min": 20, "max": 100},
        "doors": {"equals": "shut"},
        "on": {"equals": True},
    }
    assert unmet(conditions, state) == []
    assert unmet({}, {}) == []


def test_an_identity_is_kept_private_and_never_replaced(tmp_path: Path) -> None:
    identity = Identity.create("car-1")
    identity.save(tmp_path / "car-1.json")
    assert stat.S_IMODE((tmp_path / "car-1.json").stat().st_mode) == 0o600
    loaded = Identity.load(tmp_path / "car-1.json")
    assert (loaded.machine, loaded.public_jwk) == ("car-1", identity.public_jwk)
    assert "d" not in loaded.public_jwk
    with pytest.raises(FileExistsError):
        Identity.create("car-1").save(tmp_path / "car-1.json")


def test_an_identity_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    Identity.create("car-1").save(tmp_path / "car-1.json")
    (tmp_path / "car-1.json").chmod(0o664)
    Identity.load(tmp_path / "car-1.json")
    assert stat.S_IMODE((tmp_path / "car-1.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("machine", ["", "a/b", "a+", "#", "a b", "x" * 65, "é", "car-1\n"])
def test_an_id_that_could_smuggle_a_topic_is_no_id(machine: str) -> None:
    with pytest.raises(ValueError, match="no machine id"):
        Identity.create(machine)


def test_a_token_is_short_lived_and_new_each_time() -> None:
    identity = Identity.create("car-1")
    first, second = (token_of(identity.token(lambda: NOW), identity) for _ in range(2))
    assert first["jti"] != second["jti"]
    del first["jti"]
    assert first == {
        "iss": "car-1",
        "sub": "car-1",
        "aud": "thingdesk",
        "iat": int(NOW.timestamp()),
        "exp": int((NOW + timedelta(minutes=10)).timestamp()),
    }


EVENT = {"id": "e1", "type": "thingdesk.signal"}
DESK = Desk()


def test_a_receipt_of_a_full_message_is_read() -> None:
    events = [{**EVENT, "id": f"e{number:0128}"} for number in range(1000)]
    receipts = DeskKeys(DESK.keys).check(DESK.signed("car-1", events), "car-1")
    assert len(receipts) == 1000
    assert receipts[0].hash == digest(events[0])


@pytest.mark.parametrize("cut", [0, 1, -1])
def test_a_receipt_that_was_touched_proves_nothing(cut: int) -> None:
    parts = DESK.signed("car-1", [EVENT]).split(".")
    parts[cut] = parts[cut][:-2] + ("AA" if parts[cut][-2:] != "AA" else "BB")
    with pytest.raises(Forged):
        DeskKeys(DESK.keys).check(".".join(parts), "car-1")


@pytest.mark.parametrize(
    "signed", ["", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "\u00e9", "x" * 10_000]
)
def test_what_is_no_receipt_proves_nothing(signed: str) -> None:
    with pytest.raises(Forged):
        DeskKeys(DESK.keys).check(signed, "car-1")


CLAIMS: list[dict[str, Any]] = [
    {"iat": "soon"},
    {"iat": 1e300},
    {"events": None},
    {"events": ["e1"]},
    {"events": [{"id": "e1"}]},
]


@pytest.mark.parametrize("changes", CLAIMS)
def test_a_receipt_that_lacks_something_proves_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(Forged):
        DeskKeys(DESK.keys).check(DESK.signed("car-1", [EVENT], **changes), "car-1")


def test_without_keys_no_machine() -> None:
    with pytest.raises(ValueError, match="without a key"):
        DeskKeys([])


@given(JSON)
def test_whatever_comes_down_is_read_or_named(value: Any) -> None:
    for shape in (value, {"type": value, "data": value}, *(_typed(value))):
        assert incoming.read(json.dumps(shape).encode()) is not None


def _typed(value: Any) -> list[Any]:
    kinds = ("receipt", "refusal", "notice", "command")
    return [
        {"type": f"thingdesk.{kind}", "data": data}
        for kind in kinds
        for data in (value, {kind: value, "fields": value, "recovery": value})
    ]
