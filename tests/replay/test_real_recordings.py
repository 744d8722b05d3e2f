"""The real recordings, read as they are."""

from collections import Counter
from itertools import pairwise

from tests.recordings import recording

from thingdesk.replay import Recorded, Unreadable, in_sending_order, read

CARS = "vehicle/obd_19_drivers.csv"


def split(name: str) -> tuple[list[Recorded], list[Unreadable]]:
    found = list(read(recording(name)))
    return (
        [row for row in found if isinstance(row, Recorded)],
        [row for row in found if isinstance(row, Unreadable)],
    )


def test_nineteen_drivers_are_nineteen_machines_and_few_rows_are_lost() -> None:
    rows, bad = split(CARS)
    assert {row.machine for row in rows} == {f"s{number}" for number in range(1, 20)}
    assert len(rows) == 8224
    assert Counter(row.column is None for row in bad) == {True: 37, False: 31}
    assert len(rows) + 37 == 8261


def test_every_car_drove_in_natal() -> None:
    rows, _ = split(CARS)
    places = [row.position for row in rows if row.position]
    assert len(places) == 7370
    assert all(-5.9 < latitude < -5.8 for latitude, _ in places)
    assert all(-35.21 < longitude < -35.17 for _, longitude in places)


def test_no_car_jumps_or_goes_back_in_time() -> None:
    rows, _ = split(CARS)
    for machine in {row.machine for row in rows}:
        mine = [row for row in rows if row.machine == machine]
        steps = [(b.at - a.at).total_seconds() for a, b in pairwise(mine)]
        assert min(steps) >= 0
        assert max(steps) < 300
        places = [row.position for row in mine if row.position]
        moves = [max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in pairwise(places)]
        assert max(moves, default=0) < 0.01


def test_no_car_has_a_trouble_code() -> None:
    rows, _ = split(CARS)
    assert Counter(row.codes for row in rows) == {(): 8178, None: 46}


def test_what_the_cars_measured_is_plausible() -> None:
    rows, _ = split(CARS)
    ranges = {
        "engine_coolant_temperature": (20, 120),
        "speed": (0, 130),
        "engine_load": (0, 100),
        "engine_speed": (0, 7000),
        "engine_runtime": (0, 3600),
        "throttle_position": (0, 100),
        "barometric_pressure": (90, 110),
    }
    for metric, (least, most) in ranges.items():
        values = [row.values[metric] for row in rows if metric in row.values]
        assert len(values) > 7900, metric
        assert least <= min(values), metric
        assert max(values) <= most, metric


def test_the_industrial_machine_has_no_bad_row_and_some_late_ones() -> None:
    rows, bad = split("industrial/machine_temperature_system_failure.csv")
    assert (len(rows), bad) == (22695, [])
    late = [one for one in in_sending_order(rows) if one.at > one.recorded.at]
    assert len(late) == 11


def test_the_office_is_read_whole() -> None:
    rows, bad = split("industrial/ambient_temperature_system_failure.csv")
    assert (len(rows), bad) == (7267, [])
