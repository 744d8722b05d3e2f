"""What an event may hold: a look at its text must see what a look at each string sees."""

import re

import orjson
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.platform.cloudevents import Envelope, Unreadable, read

_UNPRINTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# every kind of character that matters, and those that look like them when they are escaped
_CHARACTERS = st.sampled_from('a"\\/bfnrtu0€\t\n\r\x00\x08\x0b\x0c\x1f\x7f\x80\x9f\xa0Âä')
_TEXT = st.text(_CHARACTERS, max_size=8)
_DATA = st.recursive(
    _TEXT | st.integers(-5, 5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)


def _strings(one: object) -> list[str]:
    if isinstance(one, dict):
        return [text for pair in one.items() for part in pair for text in _strings(part)]
    if isinstance(one, list):
        return [text for part in one for text in _strings(part)]
    return [one] if isinstance(one, str) else []


@given(_DATA)
def test_control_characters_are_found_wherever_they_are(data: object) -> None:
    event = {"specversion": "1.0", "id": "e", "type": "thingdesk.report", "data": {"d": data}}
    (told,) = read(orjson.dumps(event))
    if any(_UNPRINTED.search(text) for text in _strings(data)):
        assert isinstance(told, Unreadable)
        assert "control characters" in told.refusal.reason
    else:
        assert isinstance(told, Envelope)


@given(st.integers(1, 20), st.booleans())
def test_depth_is_found_in_lists_and_objects(depth: int, lists: bool) -> None:
    data: object = "x"
    for _ in range(depth):
        data = [data] if lists else {"d": data}
    event = {"specversion": "1.0", "id": "e", "type": "thingdesk.report", "data": {"d": data}}
    (told,) = read(orjson.dumps(event))
    # the event, its data, and what is in it
    assert isinstance(told, Unreadable) == (depth + 2 > 17)
