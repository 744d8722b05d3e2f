from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.channels.platforms.maps import made, said

from thingdesk.channels.platforms import Map
from thingdesk.channels.platforms.home_assistant import read_event
from thingdesk.channels.platforms.model import Heard, Said, Source
from thingdesk.channels.platforms.thingsboard import read_alarm
from thingdesk.channels.platforms.translate import translate
from thingdesk.channels.platforms.units import convert
from thingdesk.intake import Kind
from thingdesk.platform.errors import Refused


@pytest.fixture
def by(tmp_path: Path) -> Map:
    return made(tmp_path)


def mqtt(topic: str, body: Any) -> Heard:
    return Heard(Source.MQTT, {}, body, topic)


def data(found: list[Said]) -> list[tuple[str, Kind, Any]]:
    return [(one.machine, one.kind, one.event["data"]) for one in found]


async def test_a_topic_says_which_machine_and_the_body_what(by: Map) -> None:
    body = {"ts": 1763806500123, "temp": {"value": "140.0"}, "rpm": 12, "doors": [True, "off"]}
    (found,) = translate(mqtt("factory/north/7/telemetry", body), by)
    values = {"temperature": 60.0, "speed": 12.0, "door": 0.0}
    assert data([found]) == [("north-7", Kind.SIGNALS, {"values": values})]
    assert found.event["time"] == "2025-11-22T10:15:00.123000+00:00"


async def test_a_metric_may_be_a_part_of_the_topic_and_the_body_its_number(by: Map) -> None:
    (found,) = translate(mqtt("zigbee/lamp-1/power", "3.5"), by)
    assert data([found]) == [("lamp-1", Kind.SIGNALS, {"values": {"power": 3.5}})]


@pytest.mark.parametrize(
    ("unit", "energy"), [("Wh", 1.5), ("kWh", 1500.0), ("MWh", 1_500_000.0), ("°C", None)]
)
async def test_a_unit_may_be_said_by_each_message(by: Map, unit: str, energy: float | None) -> None:
    found = translate(mqtt(f"meters/m-1/{unit}", {"at": 1763806500, "reading": 1500}), by)
    assert data(found) == [
        ("m-1", Kind.SIGNALS, {"values": {"energy": energy}}) for _ in [0] if energy is not None
    ]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("factory/north/telemetry", {"rpm": 1}),
        ("factory/north/7/8/telemetry", {"rpm": 1}),
        ("factory/north/7/telemetry", {"rpm": "unavailable"}),
        ("factory/north/7/telemetry", {"rpm": float("nan")}),
        ("factory/north/7/telemetry", "text"),
        ("zigbee/lamp-1/power", {"deeper": 1}),
    ],
)
async def test_what_no_rule_finds_says_nothing(by: Map, topic: str, body: Any) -> None:
    assert translate(mqtt(topic, body), by) == []


async def test_what_comes_again_with_its_time_is_the_same_event(by: Map) -> None:
    body = {"ts": "2026-11-22T10:00:00Z", "rpm": 12}
    one, again, later = (
        translate(mqtt("factory/north/7/telemetry", body | changed), by)[0].event
        for changed in ({}, {}, {"ts": "2026-11-22T10:00:01Z"})
    )
    assert one == again
    assert one["id"] != later["id"]


async def test_what_has_no_time_counts_each_time(by: Map) -> None:
    one, other = (translate(mqtt("zigbee/lamp-1/power", 3), by)[0].event for _ in range(2))
    assert one["id"] != other["id"]


async def test_an_alarm_of_thingsboard_is_a_signal_and_a_report(by: Map) -> None:
    found = translate(read_alarm(said("thingsboard_alarm")), by)
    assert data(found) == [
        (
            "press-4",
            Kind.SIGNALS,
            {"values": {"temperature": 95.2}, "codes": ["OVERHEATING"]},
        ),
        (
            "press-4",
            Kind.REPORTS,
            {"service": "equipment.inspect", "input": {"value": 95.2, "limit": 68.0}},
        ),
    ]
    assert {one.event["time"] for one in found} == {"2025-08-14T12:05:19.647000+00:00"}


async def test_a_cleared_alarm_says_that_no_code_is_set(by: Map) -> None:
    (found,) = translate(read_alarm(said("thingsboard_cleared")), by)
    assert data([found]) == [("press-4", Kind.SIGNALS, {"codes": []})]
    assert found.event["time"] == "2025-08-14T12:15:19.647000+00:00"


async def test_an_older_alarm_has_its_status_in_two_flags(by: Map) -> None:
    alarm = said("thingsboard_cleared")
    del alarm["status"]
    assert read_alarm(alarm).parts["status"] == "CLEARED_UNACK"
    assert len(translate(read_alarm(alarm), by)) == 1


async def test_an_event_of_home_assistant_is_a_signal_in_our_unit(by: Map) -> None:
    (found,) = translate(read_event(said("home_assistant_event")), by)
    assert data([found]) == [("washer-1", Kind.SIGNALS, {"values": {"temperature": 60.0}})]
    assert found.event["time"] == datetime(2026, 11, 22, 10, 5, 0, 250000, UTC).isoformat()


async def test_an_entity_that_is_away_says_nothing(by: Map) -> None:
    event = said("home_assistant_event")
    for state in ({"state": "unavailable"}, None):
        event["data"]["new_state"] = state and event["data"]["new_state"] | state
        assert translate(read_event(event), by) == []


@pytest.mark.parametrize("body", [None, [], "text", {}, {"type": "a"}, {"type": 1}, {"data": {}}])
async def test_what_is_not_of_the_platform_is_refused(body: Any) -> None:
    for read in (read_alarm, read_event):
        with pytest.raises(Refused):
            read(body)


@pytest.mark.parametrize(
    ("number", "unit", "into", "becomes"),
    [
        (32, "°F", "°C", 0),
        (0, "°C", "°F", 32),
        (300, "K", "°C", 26.85),
        (100, "km/h", "m/s", 27.7777777778),
        (1, "psi", "bar", 0.06894757293),
        (50, "%", "1", 0.5),
        (7, "rpm", "rpm", 7),
        (7, "furlong", "furlong", 7),
        (1, "W", "Wh", None),
    ],
)
def test_units(number: float, unit: str, into: str, becomes: float | None) -> None:
    assert convert(number, unit, into) == (
        None if becomes is None else pytest.approx(becomes, rel=1e-9, abs=1e-9)
    )
