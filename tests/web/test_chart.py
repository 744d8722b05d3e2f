import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thingdesk.web.chart import Chart, Limit, Marker, Point, draw
from thingdesk.web.chart.scale import number_ticks, time_label, time_ticks
from thingdesk.web.render import environment

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NUMBERS = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda one: one == 0 or abs(one) > 1e-6)


def points(*values: float, every: timedelta = MINUTE) -> list[Point]:
    return [Point(START + n * every, one - 1, one + 1, one) for n, one in enumerate(values)]


def drawn(*values: float, **more: object) -> Chart:
    chart = draw("Heat", points(*values), START, START + len(values) * MINUTE, **more)  # type: ignore[arg-type]
    assert chart
    return chart


def spots(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"([\d.-]+) ([\d.-]+)", path)]


def test_the_line_runs_through_the_values_from_left_to_right() -> None:
    xs, ys = zip(*spots(drawn(10, 20, 30).line), strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys, reverse=True), "up is up"
    assert xs[0] == 0


def test_no_line_is_drawn_over_what_nobody_saw() -> None:
    there = points(1, 2, 3, 4)
    late = [Point(one.at + timedelta(hours=2), one.low, one.high, one.mean) for one in there]
    chart = draw("Heat", [*there, *late], START, START + timedelta(hours=3))
    assert chart
    assert chart.line.count("M") == chart.band.count("M") == 2


def test_a_limit_is_always_in_the_picture() -> None:
    chart = drawn(10, 11, limits=[Limit(90, "Fault above 90")])
    assert 0 < chart.limits[0].at < 100


def test_words_of_near_markers_stand_in_rows_and_far_ones_in_one() -> None:
    near = [Marker(START + n * MINUTE, f"m{n}", "open") for n in range(3)]
    far = [Marker(START + n * 45 * MINUTE, f"m{n}", "open") for n in range(2)]
    assert {one.row for one in drawn(*range(60), markers=near).markers} == {0, 1, 2}
    assert {one.row for one in drawn(*range(60), markers=far).markers} == {0}


def test_no_line_of_a_marker_runs_through_the_words_of_another() -> None:
    for minutes in ([10, 11, 12], [50, 57, 58, 59], [1, 14, 27], [30, 45, 46, 47]):
        marked = [Marker(START + n * MINUTE, f"m{n}", "open") for n in minutes]
        places = drawn(*range(60), markers=marked).markers
        for one in places:
            begin, end = (one.at, one.at + 23) if one.anchor == "start" else (one.at - 23, one.at)
            assert end <= 100.1
            through = [other for other in places if begin < other.at < end and other.row <= one.row]
            assert through == [], minutes


def test_what_is_outside_of_the_picture_is_not_marked() -> None:
    assert not drawn(1, 2, markers=[Marker(START - MINUTE, "before", "open")]).markers


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw("Heat", [], START, START + MINUTE) is None
    assert draw("Heat", points(1), START, START) is None


def test_states_have_names_instead_of_numbers() -> None:
    chart = drawn(0, 1, 1, names=("not read", "read"))
    assert [one.words for one in chart.y] == ["not read", "read"]


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.lists(NUMBERS, max_size=2))
def test_everything_stays_within_the_picture(values: list[float], limits: list[float]) -> None:
    some = [Point(START + n * MINUTE, one, one, one) for n, one in enumerate(values)]
    chart = draw(
        "Heat", some, START, START + 30 * MINUTE, limits=[Limit(one, "limit") for one in limits]
    )
    assert chart
    for x, y in spots(chart.line) + spots(chart.band):
        assert -1 <= x <= 1001
        assert -1 <= y <= 1001
    assert all(-0.1 <= one.at <= 100.1 for one in (*chart.y, *chart.limits))
    assert len(chart.rows) <= 24


@given(NUMBERS, NUMBERS)
def test_ticks_are_round_and_around_the_numbers(a: float, b: float) -> None:
    low, high = sorted((a, b))
    if high - low < 1e-6 * max(abs(low), abs(high), 1e-6):
        return
    ticks = number_ticks(low, high, 4)
    slack = (high - low) * 1e-6
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 8


@pytest.mark.parametrize("hours", [0.01, 0.5, 3, 26, 80, 24 * 20, 24 * 900])
def test_times_are_within_and_few(hours: float) -> None:
    span = timedelta(hours=hours)
    ticks = time_ticks(START, START + span, 5)
    assert 1 <= len(ticks) <= 5
    assert all(START <= one <= START + span for one in ticks)
    assert all(time_label(a, span) != time_label(b, span) for a, b in pairwise(ticks))


def test_the_picture_is_well_formed_says_what_it_shows_and_escapes_what_machines_say() -> None:
    evil = "</svg><script>alert(1)</script>"
    chart = draw(
        evil, points(1, 2, 3), START, START + 3 * MINUTE, limits=[Limit(2, "Fault above 2")]
    )
    module = environment().get_template("chart.html").module
    html = str(module.chart(chart, "one"))  # type: ignore[attr-defined]
    figure = ET.fromstring(html)  # noqa: S314 - our own output
    assert "<script>" not in html
    svg = figure.find("svg")
    assert svg is not None
    assert svg.get("role") == "img"
    assert evil in (svg.findtext("title") or "")
    assert "between 0 and 4" in (svg.findtext("desc") or "")
    assert "Fault above 2." in (svg.findtext("desc") or "")
    assert len(figure.findall(".//tbody/tr")) == 3
