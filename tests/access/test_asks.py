"""What a client asks to be allowed, as it is sent."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from thingdesk.access import asks_of
from thingdesk.platform import clock
from thingdesk.platform.errors import FieldError, Refused

SOUND = {"type": "thingdesk_mandate", "services": ["vehicle.*"]}


def asked(text: str) -> Any:
    return asks_of({"authorization_details": text})


def refused(text: str) -> tuple[FieldError, ...]:
    with pytest.raises(Refused) as caught:
        asked(text)
    assert caught.value.refusal.code == "bad_mandate"
    return caught.value.refusal.fields


def test_what_has_ended_is_not_asked_for() -> None:
    now = clock.now()
    for ends in (now - timedelta(days=1), now):
        (wrong,) = refused(orjson.dumps([{**SOUND, "ends": ends.isoformat()}]).decode())
        assert (wrong.path, wrong.problem) == ("0.ends", "has passed")
    later = (now + timedelta(days=1)).isoformat()
    assert asked(orjson.dumps([{**SOUND, "ends": later}]).decode()).ends


@pytest.mark.parametrize(
    "text",
    [
        '[{"type":"thingdesk_mandate","services":["a"],"services":["*"]}]',
        '[{"type":"x","type":"thingdesk_mandate","services":["*"]}]',
        '[{"type":"thingdesk_mandate","per_case":{"minor":1,"min\\u006fr":2}}]',
        f'[{{"type":"thingdesk_mandate","cases":{"[" * 1010}{"]" * 1010},"cases":1}}]',
    ],
    ids=["services", "type", "minor", "deep"],
)
def test_a_name_is_said_once(text: str) -> None:
    (wrong,) = refused(text)
    assert wrong.problem == "has a name twice"


def test_no_details_ask_for_nothing() -> None:
    assert asks_of({}) is None
