"""What a platform said, by the map: what which machine said."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

import orjson

from thingdesk.channels.platforms import units
from thingdesk.channels.platforms.model import Heard, Map, Said, Source, Taken, Wording
from thingdesk.intake import TYPES, Kind
from thingdesk.platform import clock, cloudevents, ids

PART = re.compile(r"\{([a-z_]+)\}")
_WORDS = {"on": 1.0, "off": 0.0, "true": 1.0, "false": 0.0}
# seconds since 1970 are not that many for some thousand years, milliseconds always
_MILLISECONDS = 1e11
_NOTHING = object()


def translate(heard: Heard, by: Map) -> list[Said]:
    """What machines said by this, in the order of the rules; nothing where no rule matches, or
    nothing that one names is there.
    """
    return [
        said
        for number, rule in enumerate(by.rules)
        if rule.source is heard.source and (parts := _matched(rule, heard)) is not None
        for said in _say(rule, number, heard, parts, by)
    ]


def _matched(rule: Wording, heard: Heard) -> Mapping[str, str] | None:
    parts = heard.parts
    if rule.topic is not None:
        found = rule.topic.form.fullmatch(heard.about)
        if found is None:
            return None
        parts = {**parts, **found.groupdict()}
    wanted = rule.when.items()
    return parts if all(fnmatchcase(parts.get(name, ""), form) for name, form in wanted) else None


def _say(
    rule: Wording, number: int, heard: Heard, parts: Mapping[str, str], by: Map
) -> Iterator[Said]:
    named = fill(rule.machine, parts)
    machine = by.machines.get(named, named)
    time = heard.time if rule.time is None else _time(_at(heard.body, rule.time))
    data: dict[str, Any] = {}
    if rule.values:
        values = {
            fill(name, parts): _number(one, heard, parts) for name, one in rule.values.items()
        }
        data["values"] = {name: one for name, one in values.items() if one is not None}
    if rule.codes is not None:
        data["codes"] = [fill(one, parts) for one in rule.codes]
    if data.get("values") or "codes" in data:
        event = _event(Kind.SIGNALS, data, heard, f"{number}", time)
        yield Said(machine, Kind.SIGNALS, event)
    if rule.report:
        given = {name: _value(one, heard, parts) for name, one in rule.input.items()}
        asked = {name: one for name, one in given.items() if one is not None}
        data = {"service": rule.report, "input": asked}
        yield Said(machine, Kind.REPORTS, _event(Kind.REPORTS, data, heard, f"{number}", time))


def _event(
    kind: Kind, data: dict[str, Any], heard: Heard, rule: str, time: datetime | None
) -> dict[str, Any]:
    """What comes again has the same id, if its time says that it is the same."""
    if time is None:
        return cloudevents.make(str(ids.new()), heard.source, TYPES[kind], clock.now(), data)
    told = orjson.dumps([heard.source, heard.about, heard.body, rule, kind, time.isoformat()])
    return cloudevents.make(
        f"{heard.source}-{sha256(told).hexdigest()}", heard.source, TYPES[kind], time, data
    )


def fill(text: str, parts: Mapping[str, str]) -> str:
    """The text with the parts that it names."""
    return PART.sub(lambda found: parts.get(found[1], ""), text)


def _number(one: Taken, heard: Heard, parts: Mapping[str, str]) -> float | None:
    number = _as_number(one.fixed if one.at is None else _at(heard.body, one.at))
    if number is None or not one.into:
        return number
    return units.convert(number, fill(one.unit, parts), one.into)


def _value(one: Taken, heard: Heard, parts: Mapping[str, str]) -> Any:
    """For the input of a service: what stands there as it is, or a number in its unit."""
    if one.into:
        return _number(one, heard, parts)
    if one.at is not None:
        found = _at(heard.body, one.at)
        return None if found is _NOTHING else found
    return fill(one.fixed, parts) if isinstance(one.fixed, str) else one.fixed


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if isinstance(body, Mapping) and name in body:
            body = body[name]
        elif isinstance(body, list) and name.isdecimal() and int(name) < len(body):
            body = body[int(name)]
        else:
            return _NOTHING
    return body


def _as_number(given: Any) -> float | None:
    if isinstance(given, str):
        text = given.strip().lower()
        if text in _WORDS:
            return _WORDS[text]
        try:
            given = float(text)
        except ValueError:
            return None  # "unavailable" is no measurement
    if isinstance(given, bool | int | float) and abs(given) < float("inf"):
        return float(given)
    return None


def _time(given: Any) -> datetime | None:
    """From seconds or milliseconds since 1970, or from RFC 3339; one without a zone is UTC."""
    try:
        if isinstance(given, str) and not given.replace(".", "").isdecimal():
            told = datetime.fromisoformat(given)
            return told if told.tzinfo else told.replace(tzinfo=UTC)
        number = _as_number(given)
        if number is None or isinstance(given, bool):
            return None
        return datetime.fromtimestamp(number / (1000 if number >= _MILLISECONDS else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def needs(text: str) -> set[str]:
    """The parts that a text names."""
    return set(PART.findall(text))


read_time = _time
PARTS = {
    Source.THINGSBOARD: {
        "alarm", "type", "severity", "status", "originator", "originator_type", "originator_name",
    },
    Source.HOME_ASSISTANT: {
        "event_type", "entity_id", "domain", "object_id", "state", "unit", "device_class",
    },
}  # fmt: skip
"""What rules may name of each source; of MQTT it is what their topic names."""
