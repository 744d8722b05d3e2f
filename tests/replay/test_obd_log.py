"""Logs of cars, in the damaged form in which they come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.replay.obd_log import read
from thingdesk.replay.recorded import Recorded, Unreadable

COLUMNS = [
    "TIME",
    "LATITUDE",
    "LONGITUDE",
    "ALTITUDE",
    "VEHICLE_ID",
    "ENGINE_COOLANT_TEMP",
    "AMBIENT_AIR_TEMP",
    "ENGINE_LOAD",
    "ENGINE_RPM",
    "MAF",
    "SPEED",
    "FUEL_TYPE",
    "ENGINE_RUNTIME",
    "DTC_NUMBER",
    "TROUBLE_CODES",
]
HEADING = ";".join(COLUMNS) + "\n"
START = datetime(2017, 12, 15, 17, 46, 40, tzinfo=UTC)  # 1,51336E+12


def line(**cells: str) -> str:
    usual = {
        "TIME": "1,51336E+12",
        "LATITUDE": "-58.412.345",
        "LONGITUDE": "-3.521.234.567",
        "ALTITUDE": "46.0",
        "VEHICLE_ID": "c7",
        "ENGINE_COOLANT_TEMP": "82C",
        "AMBIENT_AIR_TEMP": "-4C",
        "ENGINE_LOAD": "79,20%",
        "ENGINE_RPM": "2124RPM",
        "MAF": "4,14g/s",
        "SPEED": "48km/h",
        "ENGINE_RUNTIME": "00:03:02",
        "DTC_NUMBER": "MIL is OFF0 codes",
    } | cells
    return ";".join(usual.get(column, "") for column in COLUMNS) + "\n"


def rows(*lines: str) -> list[Recorded]:
    found = list(read([HEADING, *lines], "cars.csv"))
    assert all(isinstance(row, Recorded) for row in found), found
    return [row for row in found if isinstance(row, Recorded)]


def test_a_row_with_units_decimal_commas_and_grouped_coordinates() -> None:
    assert rows(line()) == [
        Recorded(
            machine="c7",
            at=START,
            event_id="cars.csv:2",
            values={
                "altitude": 46.0,
                "engine_coolant_temperature": 82.0,
                "ambient_temperature": -4.0,
                "engine_load": 79.2,
                "engine_speed": 2124.0,
                "air_flow": 4.14,
                "speed": 48.0,
                "engine_runtime": 182.0,
            },
            codes=(),
            position=(-5.8412345, -35.21234567),
        )
    ]


def test_empty_cells_say_nothing_and_zeros_are_no_place() -> None:
    (row,) = rows(
        line(LATITUDE="0.0", LONGITUDE="0.0", ALTITUDE="0.0", SPEED="", DTC_NUMBER="", MAF="")
    )
    assert row.position is None
    assert row.codes is None
    assert "speed" not in row.values
    assert "altitude" not in row.values
    (row,) = rows(line(LATITUDE="", LONGITUDE=""))
    assert row.position is None


def test_whole_coordinates_are_taken_as_they_are_wherever_that_is() -> None:
    berlin, damaged, south = rows(
        line(LATITUDE="52.5200066", LONGITUDE="13.4049540"),
        line(LATITUDE="525.201.377", LONGITUDE="13.405"),
        line(LATITUDE="-33.86", LONGITUDE="151.2093"),
    )
    assert berlin.position == (52.5200066, 13.404954)
    assert damaged.position == (52.5201377, 13.405), "read near the whole one before it"
    assert south.position == (-33.86, 151.2093)
    beyond = list(read([HEADING, line(LATITUDE="90.0001", LONGITUDE="180.0001")], "cars.csv"))
    assert [one.column for one in beyond if isinstance(one, Unreadable)] == [
        "LATITUDE",
        "LONGITUDE",
    ]


def test_damaged_coordinates_are_read_near_the_place_that_is_given() -> None:
    damaged = [HEADING, line(LATITUDE="525.201.377", LONGITUDE="134.052.001")]
    (row,) = read(damaged, "cars.csv", near=(52.5, 13.4))
    assert isinstance(row, Recorded)
    assert row.position == (52.5201377, 13.4052001)
    (row, *bad) = read(damaged, "cars.csv")
    assert isinstance(row, Recorded)
    assert (row.position, len(bad)) == (None, 2)


def test_codes_come_from_either_column_in_any_form() -> None:
    (row,) = rows(line(DTC_NUMBER="MIL is ON2 codes", TROUBLE_CODES="43 02 03 01 04 20"))
    assert row.codes == ("P0301", "P0420")
    (row,) = rows(line(DTC_NUMBER="P0420", TROUBLE_CODES="P0301,P0420"))
    assert row.codes == ("P0420", "P0301")
    (row,) = rows(line(DTC_NUMBER="MIL is ON2 codes"))
    assert row.codes is None


def test_the_run_time_is_the_clock_of_each_car_by_itself() -> None:
    found = rows(
        line(ENGINE_RUNTIME="00:03:02"),
        line(ENGINE_RUNTIME="00:59:59", VEHICLE_ID="c8", TIME="1,51312E+12"),
        line(ENGINE_RUNTIME="00:03:06", TIME="1,51337E+12"),
        line(ENGINE_RUNTIME="01:00:03", VEHICLE_ID="c8"),
        line(ENGINE_RUNTIME="01:00:03", VEHICLE_ID="c8"),
    )
    other = datetime(2017, 12, 12, 23, 6, 40, tzinfo=UTC)
    assert [(row.machine, row.at) for row in found] == [
        ("c7", START),
        ("c8", other),
        ("c7", START + timedelta(seconds=4)),
        ("c8", other + timedelta(seconds=4)),
        ("c8", other + timedelta(seconds=4)),
    ]


def test_a_run_time_that_goes_back_is_an_engine_started_anew() -> None:
    found = rows(
        line(ENGINE_RUNTIME="00:07:40"),
        line(ENGINE_RUNTIME="00:00:05"),
        line(ENGINE_RUNTIME="00:00:09"),
    )
    assert [(row.at - START).total_seconds() for row in found] == [0, 6, 10]


def test_a_cell_that_cannot_be_read_is_reported_and_the_others_are_kept() -> None:
    found = list(
        read(
            [
                HEADING,
                line(MAF="1:4021000007E805", DTC_NUMBER="1:4021000007E805", SPEED="48"),
                line(LONGITUDE="east", ENGINE_RPM="\ufffd"),
            ],
            "cars.csv",
        )
    )
    first, second = (row for row in found if isinstance(row, Recorded))
    assert first.values.keys() == rows(line())[0].values.keys() - {"air_flow", "speed"}
    assert first.codes is None
    assert second.position is None
    assert [row for row in found if isinstance(row, Unreadable)] == [
        Unreadable(2, "cannot be read: '1:4021000007E805'", "MAF"),
        Unreadable(2, "cannot be read: '48'", "SPEED"),
        Unreadable(2, "cannot be read: '1:4021000007E805'", "DTC_NUMBER"),
        Unreadable(3, "cannot be read: '\ufffd'", "ENGINE_RPM"),
        Unreadable(3, "cannot be read: 'east'", "LONGITUDE"),
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(VEHICLE_ID="c 7"), "VEHICLE_ID is no machine: 'c 7'"),
        (line(VEHICLE_ID=""), "VEHICLE_ID is no machine: ''"),
        (line(ENGINE_RUNTIME=""), "no ENGINE_RUNTIME: ''"),
        (line(ENGINE_RUNTIME="1:4021000007E805"), "no ENGINE_RUNTIME: '1:4021000007E805'"),
        (line(ENGINE_RUNTIME="00:60:00"), "no ENGINE_RUNTIME: '00:60:00'"),
        (line(TIME="noon"), "no TIME: 'noon'"),
        (line(TIME="9E+99"), "no TIME: '9E+99'"),
        (line(TIME="2,5E+14"), "no TIME: '2,5E+14'"),
        ("1;2;3\n", "3 cells where the heading has 15"),
        (line(TIME='"' + "x" * 200_000), "0 cells where the heading has 15"),
    ],
)
def test_a_row_of_nobody_or_of_no_time_is_reported_and_the_rest_goes_on(
    bad: str, reason: str
) -> None:
    found = list(read([HEADING, bad, "\n", line()], "cars.csv"))
    assert found[0] == Unreadable(2, reason)
    assert isinstance(found[1], Recorded)
    assert found[1].event_id == "cars.csv:4"


@given(
    st.lists(
        st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=12)).map(
            lambda cells: line(**cells)
        )
        | st.text(max_size=30)
    )
)
def test_no_text_stops_it(lines: list[str]) -> None:
    found = list(read([HEADING, *lines, line(VEHICLE_ID="last")], "cars.csv"))
    assert {row.line for row in found if isinstance(row, Unreadable)} <= set(range(len(lines) + 2))
    assert isinstance(found[-1], Recorded)
    assert found[-1].machine == "last"
