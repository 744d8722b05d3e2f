"""A map as its authors write it, and what platforms say."""

import json
from pathlib import Path
from typing import Any

from thingdesk.channels.platforms import Map, read_map

SERVICES = ("equipment.inspect",)
MAP = """
[machines]
"Press 4, hall B" = "press-4"
washer_temperature = "washer-1"

[[rules]]
from = "mqtt"
topic = "factory/{line}/{machine}/telemetry"
machine = "{line}-{machine}"
time = "ts"
values.temperature = { at = "temp.value", unit = "°F", into = "°C" }
values.speed = "rpm"
values.door = "doors.1"

[[rules]]
from = "mqtt"
topic = "zigbee/{machine}/{metric}"
values."{metric}" = ""

[[rules]]
from = "mqtt"
topic = "meters/{machine}/{unit}"
time = "at"
values.energy = { at = "reading", unit = "{unit}", into = "kWh" }

[[rules]]
from = "thingsboard"
when = { type = "Overheating", status = "ACTIVE*" }
machine = "{originator_name}"
codes = ["OVERHEATING"]
values.temperature = "details.temperature"

[[rules]]
from = "thingsboard"
when = { type = "Overheating", status = "CLEARED*" }
machine = "{originator_name}"
codes = []

[[rules]]
from = "thingsboard"
when = { severity = "CRITICAL", status = "ACTIVE_UNACK" }
machine = "{originator_name}"
report = "equipment.inspect"
input = { value = { at = "details.temperature" }, limit = 68.0 }

[[rules]]
from = "home-assistant"
when = { event_type = "state_changed", entity_id = "sensor.*_temperature" }
machine = "{object_id}"
values.temperature = { at = "data.new_state.state", unit = "{unit}", into = "°C" }
"""


def said(name: str) -> Any:
    """A payload as a platform sends it."""
    text = (Path(__file__).parent / "fixtures" / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def made(folder: Path, text: str = MAP) -> Map:
    file = folder / "map.toml"
    file.write_text(text, encoding="utf-8")
    return read_map(file, SERVICES)
