"""Whatever a machine sends, it is told what is wrong and how to go on; nothing is stored by half,
and the next good message is served.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.intake.conftest import REPORTS, Stored, Way
from tests.parties.making import unique
from tests.saying import Caller, Event, event, refused, report, signal

from thingdesk.platform.cloudevents import MOST_BYTES, MOST_EVENTS
from thingdesk.platform.database import Database

Build = Any


def nested(depth: int) -> Any:
    one: Any = 1
    for _ in range(depth):
        one = {"a": one}
    return one


def asking(machine: str, given: Any, service: Any = "vehicle.repair") -> Event:
    return event(machine, "report", {"service": service, "input": given})


def spelled(one: Event, old: str, new: str) -> bytes:
    """The event as text, with something put in that JSON's own writer would not write."""
    text = json.dumps(one, ensure_ascii=False)
    assert old in text
    return text.replace(old, new).encode("utf-8", "surrogatepass")


def valued(machine: str, text: str) -> bytes:
    """A signal with a value that is spelled so."""
    return spelled(signal(machine, {"speed": 4711}), "4711", text)


BAD: dict[str, tuple[str, Build, str, str | None]] = {
    # name: what it is sent as, what is sent, the code, the path of the field where there is one
    "nothing": ("signals", lambda _: b"", "broken_json", None),
    "broken off": ("signals", lambda m: json.dumps(signal(m)).encode()[:-5], "broken_json", None),
    "more behind": (
        "signals",
        lambda m: json.dumps(signal(m)).encode() + b"}",
        "broken_json",
        None,
    ),
    "no UTF-8": ("signals", lambda _: b'{"id": "\xff\xfe"}', "broken_json", None),
    "NaN": ("signals", lambda m: valued(m, "NaN"), "broken_json", None),
    "Infinity": ("signals", lambda m: valued(m, "-Infinity"), "broken_json", None),
    "beyond a float": ("signals", lambda m: valued(m, "1e400"), "broken_json", None),
    "control character": ("signals", lambda m: valued(m, '"a\x01"'), "broken_json", None),
    "lone surrogate": ("reports", lambda m: valued(m, '"\\ud800"'), "broken_json", None),
    "raw surrogate": ("reports", lambda m: valued(m, '"\ud800"'), "broken_json", None),
    "nested beyond reading": ("signals", lambda _: b"[" * 5000 + b"]" * 5000, "broken_json", None),
    "a number": ("signals", lambda _: b"17", "bad_event", ""),
    "a text": ("reports", lambda _: b'"hello"', "bad_event", ""),
    "null": ("acks", lambda _: b"null", "bad_event", ""),
    "empty object": ("results", lambda _: b"{}", "bad_event", "id"),
    "id no text": ("signals", lambda m: signal(m, id=7), "bad_event", "id"),
    "id too long": ("signals", lambda m: signal(m, id="e" * 129), "bad_event", "id"),
    "id with NUL": ("signals", lambda m: signal(m, id="e\x00"), "bad_event", "id"),
    "time no text": ("signals", lambda m: signal(m, time=1_700_000_000), "bad_event", "time"),
    "time beyond time": (
        "signals",
        lambda m: signal(m, time="0001-01-01T00:00:00+23:59"),
        "bad_event",
        "time",
    ),
    "type of another": ("signals", report, "bad_event", "type"),
    "values no object": (
        "signals",
        lambda m: event(m, "signal", {"values": [1]}),
        "bad_signal",
        "data.values",
    ),
    "value no number": (
        "signals",
        lambda m: signal(m, {"speed": "fast"}),
        "bad_signal",
        "data.values.speed",
    ),
    "value a boolean": (
        "signals",
        lambda m: signal(m, {"speed": True}),
        "bad_signal",
        "data.values.speed",
    ),
    "value beyond use": (
        "signals",
        lambda m: signal(m, {"speed": 1e300}),
        "bad_signal",
        "data.values.speed",
    ),
    "metric without a name": ("signals", lambda m: signal(m, {"": 1}), "bad_signal", "data.values"),
    "codes no list": (
        "signals",
        lambda m: event(m, "signal", {"codes": "P0301"}),
        "bad_signal",
        "data.codes",
    ),
    "no place": (
        "signals",
        lambda m: event(m, "signal", {"position": {"lat": 91, "lon": 0}}),
        "bad_signal",
        "data.position",
    ),
    "unknown part": ("signals", lambda m: event(m, "signal", {"value": {}}), "bad_signal", "data"),
    "integer beyond 53 bits": (
        "signals",
        lambda m: valued(m, str(2**53 + 1)),
        "bad_event",
        "data.values.speed",
    ),
    "integer of a book": (
        "reports",
        lambda m: asking(m, {"code": 10**300}),
        "bad_event",
        "data.input.code",
    ),
    "extension beyond 53 bits": (
        "signals",
        lambda m: signal(m, more=-(2**53) - 1),
        "bad_event",
        "more",
    ),
    "nested": ("reports", lambda m: asking(m, nested(20)), "bad_event", "data"),
    "extension nested": ("signals", lambda m: signal(m, more=nested(500)), "bad_event", "data"),
    "NUL": ("reports", lambda m: asking(m, {"code": "P03\x0001"}), "bad_event", "data.input.code"),
    "NUL in a name": ("reports", lambda m: asking(m, {"co\x00de": 1}), "bad_event", "data.input"),
    "NUL in a list": (
        "signals",
        lambda m: event(m, "signal", {"codes": ["\x00"]}),
        "bad_event",
        "data.codes",
    ),
    "escape sequence": (
        "reports",
        lambda m: asking(m, {"code": "\x1b[2J"}),
        "bad_event",
        "data.input.code",
    ),
    "C1 control": (
        "reports",
        lambda m: asking(m, {"code": "\x9b"}),
        "bad_event",
        "data.input.code",
    ),
    "service no text": ("reports", lambda m: asking(m, {}, 7), "bad_report", "data.service"),
    "unknown service": (
        "reports",
        lambda m: asking(m, {}, "no.such"),
        "unknown_service",
        "data.service",
    ),
    "service with a format": (
        "reports",
        lambda m: asking(m, {}, "%s{0}"),
        "unknown_service",
        "data.service",
    ),
    "input no object": ("reports", lambda m: asking(m, [1]), "bad_report", "data.input"),
    "input unfit": ("reports", lambda m: asking(m, {"code": 7}), "unfit_input", "data.input.code"),
    "subject with a topic": (
        "reports",
        lambda m: report(m, subject="+/#"),
        "bad_report",
        "data.subject",
    ),
    "ack of nothing": (
        "acks",
        lambda m: event(m, "ack", {"notice": "all"}),
        "bad_event",
        "data.notice",
    ),
    "result of nothing": (
        "results",
        lambda m: event(m, "result", {"command": 1, "status": "done"}),
        "bad_event",
        "data.command",
    ),
    "empty batch": ("signals", lambda _: b"[]", "batch_size", None),
    "batch too long": ("signals", lambda _: [1] * (MOST_EVENTS + 1), "batch_size", None),
    "too large": ("signals", lambda m: [signal(m)] * 2000, "too_large", None),
    "too large by a byte": ("signals", lambda _: b" " * MOST_BYTES + b"1", "too_large", None),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_refused_and_the_next_is_served(
    way: Way, stored: Stored, name: str
) -> None:
    kind, build, code, path = BAD[name]
    before = await stored()
    answer = await way.say(kind, build(way.car.id))
    assert answer.receipts == []
    (said,) = answer.refused
    assert (said["code"], said["recovery"]) == (code, "fix_input")
    assert said["reason"]
    assert [one["path"] for one in said["fields"]] == ([] if path is None else [path])
    assert all(one["problem"] and one["mend"] for one in said["fields"])
    assert await stored() == before
    good = signal(way.car.id)
    assert list(await way.receipts("signals", good)) == [good["id"]]


async def test_the_most_that_is_allowed_is_taken(way: Way) -> None:
    values = {f"metric {n}": n for n in range(256)}
    deep = event(way.car.id, "report", {"service": "no.such", "input": nested(14)})
    answer = await way.say("reports", deep)
    assert [one["code"] for one in answer.refused] == ["unknown_service"]
    big = signal(way.car.id, values, id=unique("e").ljust(128, "~"), more=2**53 - 1)
    assert list(await way.receipts("signals", big)) == [big["id"]]
    many = [signal(way.car.id, {"v": n}) for n in range(MOST_EVENTS)]
    assert len(await way.receipts("signals", many)) == MOST_EVENTS


def a_signal(machine: str) -> tuple[str, Event, Event]:
    one = signal(machine)
    return "signals", one, signal(machine, {"speed": 99}, id=one["id"])


def a_report(machine: str) -> tuple[str, Event, Event]:
    one = report(machine)
    return "reports", one, report(machine, "P0302", id=one["id"])


@pytest.mark.parametrize("make", [a_signal, a_report])
async def test_an_event_id_is_not_used_twice(
    way: Way, stored: Stored, make: Callable[[str], tuple[str, Event, Event]]
) -> None:
    kind, one, other = make(way.car.id)
    first = await way.receipts(kind, one)
    before = await stored()
    (said,) = (await way.say(kind, other)).refused
    assert (said["code"], said["recovery"]) == ("event_id_reused", "fix_input")
    assert [field["path"] for field in said["fields"]] == ["id"]
    assert await stored() == before
    assert await way.receipts(kind, one) == first


@pytest.mark.parametrize(("by", "what"), [(0, "ZeroDivisionError"), (1, "Untranslatable")])
async def test_a_service_that_fails_spoils_no_other(
    way: Way, car: Caller, stored: Stored, database: Database, by: int, what: str
) -> None:
    """By a mistake of its author's, and by what the database does not take. Staff are told once."""
    bad = asking(car.id, {"by": by}, "faulty.divide")
    good = [asking(car.id, {"by": n + 2}, "faulty.divide") for n in range(20)]
    before = await stored()
    async with asyncio.TaskGroup() as group:
        failing = group.create_task(way.say("reports", bad))
        served = [group.create_task(car.receipts("reports", one)) for one in good]
    (said,) = failing.result().refused
    assert (said["code"], said["recovery"]) == ("service_failed", "contact_us")
    again = await way.say("reports", asking(car.id, {"by": by}, "faulty.divide"))
    assert [one["code"] for one in again.refused] == ["service_failed"]
    path = "/v1/services/faulty.divide"
    refused(await car.call("POST", path, json={"by": by}), 500, "service_failed", "contact_us")
    async with database.transaction() as tx:
        told = await tx.fetch("select words from notice where kind = 'service.failed'")
    (words,) = [one["words"] for one in told if what in one["words"]]
    assert "faulty_pack.py:" in words
    for one, answer in zip(good, served, strict=True):
        assert answer.result()[one["id"]]["outcome"]["result"] == 1 / one["data"]["input"]["by"]
    after = await stored()
    assert after[REPORTS] == before[REPORTS] + 20
