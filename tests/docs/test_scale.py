"""The arithmetic of the page about scale follows from its own figures, and they from the others."""

import re

import pytest
from tests.docs.pages import pages

PAGE = pages()["docs/explanation/scale.md"]
DAY, PEAK = 86_400, 3


def number(text: str) -> float:
    return float(text.replace(",", ""))


def found(pattern: str, text: str = PAGE) -> float:
    (only,) = set(re.findall(pattern, text))
    return number(only)


def rows(pattern: str) -> list[tuple[float, ...]]:
    return [tuple(map(number, one)) for one in re.findall(pattern, PAGE, re.MULTILINE)]


def about(value: float) -> object:
    """Rounded to two digits."""
    return pytest.approx(value, rel=0.05)


SIGNAL_KB = found(r"taken through its rules \| [\d.]+ ms \| ([\d.]+) KB")
SIGNAL_MS = found(r"taken through its rules \| ([\d.]+) ms")
REPORT_MS = found(r"to its receipt \| ([\d.]+) ms")
JOURNEY_MS = found(r"to the first wait \| ([\d.]+) ms")
LOG_KB = found(r"and ([\d.]+) KB of log")
SIGNALS = {kind: found(rf"\| {kind}, [^|]+\| (\d+) \|") for kind in ("meter", "appliance", "car")}
REPORTS = {
    kind: found(rf"\| {kind}, [^|]+\| \d+ \| ([\d.]+)") for kind in ("meter", "appliance", "car")
}


def test_a_million_of_a_kind_say_what_is_said_of_them() -> None:
    for kind in ("appliance", "car"):
        said, reports = rows(rf"^\| {kind}, .*\| ([\d,]+) signals/s, ([\d.]+) reports/s \|$")[0]
        assert said == about(1e6 * SIGNALS[kind] * PEAK / DAY)
        assert reports == about(1e6 * REPORTS[kind] * PEAK / DAY)
    assert found(r"\| (\d+) reports/s \|") == about(1e6 * REPORTS["meter"] * PEAK / DAY)


def test_a_fleet_says_and_fills_what_is_said_of_it() -> None:
    fleets = rows(r"^\| ([\d,]+) \| ([\d,]+) signals/s \| ([\d,.]+) GB \|")
    mean = (SIGNALS["appliance"] + SIGNALS["car"]) / 2
    assert [machines for machines, *_ in fleets] == [1e4, 1e5, 1e6, 1e7]
    for machines, signals, gigabytes in fleets:
        assert signals == about(machines * mean * PEAK / DAY)
        assert gigabytes == about(machines * mean * SIGNAL_KB / 1e6)
    a_day = 1e6 * mean * SIGNAL_KB / 1e9
    assert found(r"([\d.]+) TB of it for the signals of 31 days") == about(31 * a_day)
    assert found(r"a million machines that is (\d+) TB") == about(400 * a_day)


def test_its_cores_are_enough_with_half_of_each_left_free() -> None:
    least, servers = rows(r"^\| 1,000,000 .*\| (\d) to \d cores of `ingest`, (\d) to \d of `work`")[
        0
    ]
    database = found(r"PostgreSQL with (\d) cores")
    mean = (SIGNALS["appliance"] + SIGNALS["car"]) / 2
    assert least + servers + database >= 2 * 1e6 * mean * PEAK / DAY * SIGNAL_MS / 1e3


def test_its_figures_are_those_that_were_measured() -> None:
    kept = pages()["docs/explanation/kept.md"]
    size = r"([\d.]+) KB (?:for )?a\s"
    for what in ("report", "journey", "signal", "registered machine"):
        assert f"{found(size + what, kept):g} KB" in PAGE
    time = pages()["docs/explanation/performance.md"]
    desk, lowest, highest, broker = (
        number(one)
        for one in re.findall(
            r"About (\d+) µs of the desk, (\d+) to (\d+) of PostgreSQL and (\d+) of the broker",
            time,
        )[0]
    )
    assert desk + lowest + broker <= SIGNAL_MS * 1e3 <= desk + highest + broker
    assert found(r"among them ([\d,]+) signals") == found(
        r"stored and through their rules \| ([\d,]+)/s", pages()["README.md"]
    )


def test_a_report_a_journey_and_a_session_take_what_was_measured_elsewhere() -> None:
    time = pages()["docs/explanation/performance.md"]
    report = re.findall(r"^\| [^|]+ \| (\d+) to (\d+) \|", time, re.MULTILINE)
    assert len(report) == len(("desk", "broker", "database"))
    most = sum(number(high) for _, high in report) + found(r"signature is \d+ to (\d+) µs", time)
    assert pytest.approx(most / 1e3, abs=0.05) == REPORT_MS
    python, database = re.findall(r"([\d.]+) ms of Python and ([\d.]+) ms of PostgreSQL", time)[0]
    assert pytest.approx(number(python) + number(database)) == JOURNEY_MS
    assert rows(r"\(([\d.]+) ms \+ ([\d.]+) ms\)$") == [(REPORT_MS, JOURNEY_MS)]
    log, disk, reports = re.findall(
        r"writes (\d+) KB of it, so a disk that takes (\d+) MB/s of log carries\s+([\d,]+)", time
    )[0]
    assert round(LOG_KB) == number(log)
    assert number(reports) == about(number(disk) * 1e3 / LOG_KB)
    broker_page = pages()["docs/decisions/0002-embedded-database-and-broker.md"]
    sessions, megabytes = re.findall(r"([\d,]+)\s+sessions .* took (\d+) MB", broker_page)[0]
    assert found(r"keeps \| by its messages \| (\d+) KB") == pytest.approx(
        number(megabytes) * 1e3 / number(sessions)
    )
