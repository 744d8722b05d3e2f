import math
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.platform import cloudevents
from thingdesk.platform.cloudevents import Envelope, Unreadable
from thingdesk.platform.errors import Refused
from thingdesk.signals import Signal, read_signal


def event(data: Any, **changes: Any) -> dict[str, Any]:
    whole = {"specversion": "1.0", "id": "e1", "type": "thingdesk.signal", "data": data}
    return {**whole, **changes}


def read(data: Any) -> Signal:
    (envelope,) = cloudevents.read(orjson.dumps(event(data)))
    assert isinstance(envelope, Envelope)
    return read_signal("press-1", envelope)


def test_all_that_a_signal_may_say() -> None:
    one = read({"values": {"t": 1.5, "n": 2}, "codes": [], "position": {"lat": -5.8, "lon": 35}})
    assert (one.values, one.codes, one.lat, one.lon) == ({"t": 1.5, "n": 2}, (), -5.8, 35.0)


def test_codes_that_were_not_read_are_not_the_same_as_none() -> None:
    assert read({"values": {"t": 1}}).codes is None


def test_codes_are_taken_in_one_form_and_others_as_they_are() -> None:
    assert read({"codes": ["p0301", "P0301-00", "E41 ", "0301"]}).codes == ("P0301", "E41 ", "0301")


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({}, "data"),
        ({"values": {"t": 1}, "mood": "fine"}, "data"),
        ({"values": [1]}, "data.values"),
        ({"values": {"t": "hot"}}, "data.values.t"),
        ({"values": {"t": True}}, "data.values.t"),
        ({"values": {"t": 1e300}}, "data.values.t"),
        ({"values": {"t\u200b": 1}}, "data.values"),
        ({"values": {"t" * 65: 1}}, "data.values"),
        ({"values": {str(n): 1 for n in range(257)}}, "data.values"),
        ({"codes": "P0301"}, "data.codes"),
        ({"codes": ["P\n"]}, "data.codes"),
        ({"codes": [1]}, "data.codes"),
        ({"position": {"lat": 91, "lon": 0}}, "data.position"),
        ({"position": {"lat": 1}}, "data.position"),
    ],
)
def test_what_is_wrong_is_said_with_its_path_and_how_to_mend_it(data: Any, path: str) -> None:
    with pytest.raises(Refused) as caught:
        read(data)
    (field,) = caught.value.refusal.fields
    assert field.path == path
    assert field.mend


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "broken_json"),
        (b"{", "broken_json"),
        (b"\xff\xfe", "broken_json"),
        (b'{"t": NaN}', "broken_json"),
        (b'{"t": Infinity}', "broken_json"),
        (b"[" * 5000, "broken_json"),
        (b"[]", "batch_size"),
        (b"[" + b",".join([b"{}"] * 1001) + b"]", "batch_size"),
        (b'"' + b"x" * cloudevents.MOST_BYTES + b'"', "too_large"),
    ],
)
def test_a_payload_that_is_none_is_refused_as_a_whole(payload: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        cloudevents.read(payload)
    assert caught.value.refusal.code == code


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return {"values": value}


@pytest.mark.parametrize(
    ("bad", "path"),
    [
        (7, ""),
        (event({"values": {}}, id=""), "id"),
        (event({"values": {}}, id="a b"), "id"),
        (event({"values": {}}, id="x" * 129), "id"),
        (event({"values": {}}, specversion="0.3"), "specversion"),
        (event({"values": {}}, type=None), "type"),
        (event("text"), "data"),
        (event({"values": {}}, time="yesterday"), "time"),
        (event({"values": {}}, time="2026-01-01T00:00:00"), "time"),
        (event({"values": {}}, time=17), "time"),
        (event(nested(17)), "data"),
    ],
)
def test_in_a_batch_a_bad_event_stands_for_itself(bad: Any, path: str) -> None:
    good = event({"values": {"t": 1}}, id="good")
    first, second = cloudevents.read(orjson.dumps([bad, good]))
    assert isinstance(first, Unreadable)
    assert [field.path for field in first.refusal.fields] == [path]
    assert isinstance(second, Envelope)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_garbage_is_answered_and_never_raises_anything_else(payload: bytes) -> None:
    try:
        events = cloudevents.read(payload)
    except Refused:
        return
    assert all(isinstance(one, Unreadable | Envelope) for one in events)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["values", "codes", "position", "x"]), json_values))
def test_any_data_becomes_a_sound_signal_or_a_refusal(data: dict[str, Any]) -> None:
    envelope = Envelope("e1", "thingdesk.signal", None, data, "00", {})
    try:
        one = read_signal("press-1", envelope)
    except Refused:
        return
    assert all(math.isfinite(value) for value in one.values.values())
