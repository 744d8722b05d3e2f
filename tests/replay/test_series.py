"""Files of a time and a value."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.replay.recorded import Recorded, Unreadable
from thingdesk.replay.series import read

HEADING = "timestamp,value\n"


def test_a_row_is_what_its_machine_said_then() -> None:
    rows = list(read([HEADING, "2026-03-01 08:05:00,73.5\r\n"], "oven 3.csv"))
    assert rows == [
        Recorded(
            machine="oven-3",
            at=datetime(2026, 3, 1, 8, 5, tzinfo=UTC),
            event_id="oven_3.csv:2",
            values={"temperature": 73.5},
        )
    ]


def test_the_heading_or_the_caller_names_the_metric() -> None:
    line = "2026-03-01 08:05:00,1"
    for rows in (
        read(["timestamp,pressure\n", line], "a.csv", metric="temperature"),
        read([HEADING, line], "a.csv", metric="pressure"),
    ):
        (row,) = rows
        assert isinstance(row, Recorded)
        assert row.values == {"pressure": 1}


def test_a_time_with_a_zone_keeps_its_moment() -> None:
    (row,) = read([HEADING, "2026-03-01T08:05:00+02:00,1"], "a.csv")
    assert isinstance(row, Recorded)
    assert row.at == datetime(2026, 3, 1, 6, 5, tzinfo=UTC)
    assert row.at.tzinfo is UTC


def test_a_row_that_cannot_be_read_is_reported_and_the_rest_goes_on() -> None:
    lines = [
        HEADING,
        "2026-03-01 08:05:00,1\n",
        "yesterday,2\n",
        "2026-03-01 08:10:00,warm\n",
        "2026-03-01 08:15:00,nan\n",
        "2026-03-01 08:20:00,1e999\n",
        "2026-03-01 08:25:00,1,2\n",
        "0001-01-01 00:00:00+09:00,1\n",
        "9999-12-31 00:00:00,1\n",
        "\n",
        f"{'x' * 200_000},1\n",
        "2026-03-01 08:30:00,3\n",
    ]
    rows = list(read(lines, "a.csv"))
    bad = {row.line: row.reason for row in rows if isinstance(row, Unreadable)}
    assert bad.pop(11).startswith("not comma separated")
    assert bad == {
        3: "no time: 'yesterday'",
        4: "no number: 'warm'",
        5: "not finite: 'nan'",
        6: "not finite: '1e999'",
        7: "3 cells where a time and a value belong",
        8: "no time: '0001-01-01 00:00:00+09:00'",
        9: "no time: '9999-12-31 00:00:00'",
    }
    assert [row.event_id for row in rows if isinstance(row, Recorded)] == ["a.csv:2", "a.csv:12"]


@given(st.lists(st.text(max_size=40)))
def test_no_text_stops_it(lines: list[str]) -> None:
    rows = list(read([HEADING, *lines], "a.csv"))
    assert len(rows) == sum(bool(line.strip()) for line in lines)


@pytest.mark.parametrize("name", ["", ".csv", "ü.csv", "x" * 300])
def test_any_file_name_makes_a_machine_and_event_ids(name: str) -> None:
    (row,) = read([HEADING, "2026-03-01 08:05:00,1"], name)
    assert isinstance(row, Recorded)
    assert 0 < len(row.machine) <= 64
    assert row.machine.isascii()
    assert row.event_id.isascii()
    assert row.event_id.endswith(":2")
    assert len(row.event_id) <= 128
