from pathlib import Path

import pytest
from tests.channels.platforms.maps import made

from thingdesk.channels.platforms import MapError, read_map

WRONG = """
rule = 1
[machines]
"Press" = "no id at all"

[[rules]]
from = "mqtt"
topic = "factory/{line/{machine}/#"
machine = "{hall}"
values.speed = { at = "rpm", of = 1 }

[[rules]]
from = "mqtt"
topic = "a/{machine}/{machine}"
values.speed = { at = "rpm", unit = "rpm", into = "°C" }
values.heat = { at = "h", unit = "°F", into = "Grad" }

[[rules]]
from = "thingsboard"
topic = "a/b"
when = { colour = "red", status = 1 }
report = "equipment.repair"

[[rules]]
from = "home-assistant"
codes = ["{temperature}"]
time = "a.b.c.d.e.f.g.h.i"
input.value = [1]

[[rules]]
from = "elsewhere"

[[rules]]
from = "mqtt"
topic = "b/{machine}"
report = "equipment.inspect"

[[rules]]
from = "mqtt"
topic = "c/{machine}"
"""


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(MapError) as raised:
        made(folder, text)
    return [one.partition("map.toml: ")[2] for one in raised.value.problems]


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    told = problems(tmp_path, WRONG)
    for begins in (
        "rule is nothing that a map has",
        "machines: 'Press' is not given a machine's id, but 'no id at all'",
        "rule 1: topic: the level '{line' is neither",
        "rule 1: topic: the level '#' is neither",
        "rule 1: machine: {hall} is no part that is there; there are: machine",
        "rule 1: values.speed needs at or is",
        "rule 2: topic: a name stands there twice",
        "rule 2: values.speed: there is no way from the unit 'rpm' to '°C'",
        "rule 2: values.heat: into is none of the units",
        "rule 3: thingsboard has no topics",
        "rule 3: when is no table of texts",
        "rule 3: report: 'equipment.repair' is no service of this desk; it has: equipment.inspect",
        "rule 4: codes: {temperature} is no part that is there",
        "rule 4: time is no place in a message",
        "rule 4: input.value: is has to be",
        "rule 4: has an input and no report",
        "rule 5: from is not one of mqtt, thingsboard, home-assistant",
        "rule 6: a report needs a time in the message",
        "rule 7: says nothing",
    ):
        assert [one for one in told if one.startswith(begins)], f"{begins!r} in {told}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it needs 1 to 500 tables"),
        ("[[rules]]\n" * 501, "it needs 1 to 500 tables"),
        ("rules = 1", "it needs 1 to 500 tables"),
        ("a = [", "it is no TOML"),
        ("#" * 300_000, "it has more than 256 KiB"),
    ],
)
def test_a_file_that_is_none_is_said(tmp_path: Path, text: str, says: str) -> None:
    (told,) = [one for one in problems(tmp_path, text) if says in one]
    assert told


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="cannot be read"):
        read_map(tmp_path / "none.toml", ())


def test_what_is_right_has_no_problems(tmp_path: Path) -> None:
    assert len(made(tmp_path).rules) == 7
