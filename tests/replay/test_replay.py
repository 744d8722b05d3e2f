"""Recordings through the real desk: its own processes, PostgreSQL and broker, and real MQTT."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from tests.recordings import recording
from tests.replay.desks import RunningDesk, running_desk
from tests.replay.technician import Technician, technician
from tests.replay.test_failure_windows import NAME, windows

from thingdesk import cases, diagnosis, mandates, parties, signals
from thingdesk.cases import Case, Outcome
from thingdesk.mandates import Policy
from thingdesk.platform import formats
from thingdesk.platform.database import Database
from thingdesk.replay import Recorded, read

MACHINE = "machine_temperature_system_failure"
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[RunningDesk]:
    with TemporaryDirectory(prefix="thingdesk-replay-") as folder:
        async with running_desk(Path(folder)) as one:
            async with one.database.transaction() as tx:
                await mandates.set_policy(tx, Policy(acts_for_unowned=True))
            yield one


@pytest.fixture(scope="module")
async def works(desk: RunningDesk) -> AsyncIterator[Technician]:
    async with technician(desk.database) as one:
        yield one


@dataclass(frozen=True)
class Result:
    """What came of a recording, in the recording's own time."""

    findings: list[tuple[datetime, datetime | None]]
    cases: list[tuple[datetime, Outcome | None, dict[str, Any] | None, int, int]]


async def result(desk: RunningDesk, file: Path) -> Result:
    runs = json.loads((desk.folder / "replay" / "runs.json").read_text())[file.name]
    rows = [row for row in read(file) if isinstance(row, Recorded)]
    shift = datetime.fromisoformat(runs[-1]["ends"]) - max(row.at for row in rows)
    machine = rows[0].machine
    async with desk.database.transaction() as tx:
        findings = await diagnosis.findings_of(tx, machine)
        found = await cases.search(tx, cases.CaseFilter(subject=machine, most=100))
    return Result(
        sorted(
            (one.opened_at - shift, one.cleared_at - shift if one.cleared_at else None)
            for one in findings
        ),
        sorted(
            (_found_at(one) - shift, one.outcome, one.outcome_data, one.reports, one.reopened)
            for one in found
        ),
    )


def _found_at(case: Case) -> datetime:
    assert case.evidence
    return datetime.fromisoformat(case.evidence["until"])


async def kept(database: Database, machine: str) -> int:
    async with database.transaction() as tx:
        latest = await signals.latest(tx, machine)
        assert latest
        found = await signals.history(
            tx, machine, latest.at - timedelta(days=90), latest.at, None, 99999
        )
    return len(found)


async def test_a_case_in_each_failure_window_is_verified_by_what_the_machine_said_later(
    desk: RunningDesk, works: Technician
) -> None:
    file = recording(f"industrial/{NAME}")
    code, said = await desk.run("replay", str(file), "--speed", "max")
    assert code == 0, said
    assert "22695 rows of 1 machines" in said
    assert "22695 receipts, 0 refused" in said
    assert "Cases that the machines have heard of: 4\n" in said
    heads = re.findall(
        rf"(\w+ \d+ \w+.*, \d\d:\d\d) UTC  {MACHINE}  equipment\.inspect  verified\n", said
    )
    async with desk.database.transaction() as tx:
        found = await cases.search(tx, cases.CaseFilter(subject=MACHINE, most=100))
    assert heads == [formats.moment(_found_at(one)) for one in sorted(found, key=_found_at)]
    links = re.findall(r"    http://127\.0\.0\.1:\d+/cases/(\S+)\n", said)
    assert links == [str(one.id) for one in sorted(found, key=_found_at)]
    assert re.search(r"Console http://127\.0\.0\.1:\d+", said)
    got = await result(desk, file)
    inside = [[case for case in got.cases if begin <= case[0] <= end] for begin, end in windows()]
    assert [len(one) for one in inside] == [1, 1, 1, 1]
    assert len(got.cases) <= 4 + 2
    assert {case[1] for case in got.cases} == {Outcome.VERIFIED}
    assert [case[2] for case in got.cases] == [{"by": "Works", "found": "Heater mended."}] * 4
    assert len(works.jobs) == 4


@pytest.mark.usefixtures("works")
async def test_the_speed_changes_no_result(desk: RunningDesk, tmp_path: Path) -> None:
    """The two failures of December, three days apart: at the highest speed that is less time than
    the technician needs, and the second one would join the case of the first.
    """
    lines = recording(f"industrial/{NAME}").read_text().splitlines(keepends=True)
    december = [lines[0], *(line for line in lines if "2013-12-08" <= line < "2013-12-21")]
    results = []
    for name, speed in (("as_fast_as_it_goes", "max"), ("a_week_in_six_seconds", "100000")):
        file = tmp_path / f"{name}.csv"
        file.write_text("".join(december))
        code, said = await desk.run("replay", str(file), "--speed", speed)
        assert code == 0, said
        results.append(await result(desk, file))
    assert results[0] == results[1]
    assert [case[1] for case in results[0].cases] == [Outcome.VERIFIED] * 2
    assert len(results[0].findings) == 2


async def test_real_time_finds_what_the_highest_speed_finds(
    desk: RunningDesk, tmp_path: Path
) -> None:
    heading, *rows = recording("vehicle/obd_19_drivers.csv").read_text().splitlines()[:5]
    columns, cells = heading.split(";"), [row.split(";") for row in rows]
    cells[1][columns.index("TROUBLE_CODES")] = "P0301"
    found = []
    for name, speed in (("at_once", "max"), ("as_it_was", "1")):
        file = tmp_path / f"{name}.csv"
        for row in cells:
            row[columns.index("VEHICLE_ID")] = name
        file.write_text("\n".join([heading, *map(";".join, cells), ""]))
        code, said = await desk.run("replay", str(file), "--speed", speed)
        assert code == 0, said
        assert "4 receipts, 0 refused" in said
        got = await result(desk, file)
        found.append((got.findings, [case[0] for case in got.cases]))
    assert found[0] == found[1]
    assert [len(one) for one in found[0]] == [1, 1]


async def test_nineteen_drivers_are_nineteen_machines_and_what_cannot_be_read_is_said(
    desk: RunningDesk,
) -> None:
    file = recording("vehicle/obd_19_drivers.csv")
    code, said = await desk.run("replay", str(file), "--speed", "max")
    assert code == 0, said
    assert "of 19 machines" in said
    assert "8224 receipts, 0 refused; 37 rows" in said
    assert len(re.findall(r"obd_19_drivers\.csv, line \d+: ", said)) >= 37


async def test_a_repeat_is_the_same_and_a_new_run_is_of_new_machines(
    desk: RunningDesk, tmp_path: Path
) -> None:
    file = tmp_path / "oven.csv"
    rows = [f"2020-01-01 00:0{n}:00,{80 + n}\n" for n in range(5)]
    file.write_text("".join(["timestamp,value\n", *rows, "yesterday,81\n", "2020-01-01,NaN\n"]))
    code, said = await desk.run("replay", str(file), "--speed", "max")
    assert code == 0, said
    assert "oven.csv, line 7: no time: 'yesterday'" in said
    assert "oven.csv, line 8: not finite: 'NaN'" in said
    assert "5 rows of 1 machines" in said
    code, said = await desk.run("replay", str(file), "--speed", "max")
    assert "5 receipts (5 before), 0 refused; 2 rows" in said, said
    assert (code, await kept(desk.database, "oven")) == (0, 5)
    code, said = await desk.run("replay", str(file), "--again", "--speed", "max")
    assert "5 receipts, 0 refused" in said, said
    file.write_text("".join(["timestamp,value\n", *reversed(rows)]))
    code, said = await desk.run("replay", str(file), "--speed", "max")
    assert "5 receipts, 0 refused" in said, said
    for machine in ("oven", "oven-2", "oven-3"):
        assert await kept(desk.database, machine) == 5
    async with desk.database.transaction() as tx:
        found = await parties.get_machine(tx, "oven-3")
    assert found
    assert (found.kind, found.model) == ("press", "press-recorded")


async def test_what_a_lost_queue_sends_again_is_known_by_its_id(
    desk: RunningDesk, tmp_path: Path
) -> None:
    file = tmp_path / "kiln.csv"
    file.write_text("timestamp,value\n2020-01-01 00:00:00,80\n2020-01-01 00:05:00,81\n")
    await desk.run("replay", str(file), "--speed", "max")
    for queue in (desk.folder / "replay" / "queues").glob("kiln.queue*"):
        queue.unlink()
    code, said = await desk.run("replay", str(file), "--speed", "max")
    assert code == 0, said
    assert "2 receipts, 0 refused" in said
    assert await kept(desk.database, "kiln") == 2


async def test_a_case_that_nobody_works_on_is_waited_for_only_so_long(
    desk: RunningDesk, works: Technician, tmp_path: Path
) -> None:
    works.silent = True
    file = tmp_path / "furnace.csv"
    start = datetime(2020, 1, 1, tzinfo=UTC)
    rows = [f"{start + n * timedelta(minutes=30)},60\n" for n in range(250)]
    file.write_text("".join(["timestamp,value\n", *rows]))
    code, said = await desk.run("replay", str(file), "--speed", "max", "--patience", "1")
    works.silent = False
    assert code == 0, said
    assert said.count("Going on without waiting for ") == 1
    assert "250 receipts" in said
    assert "Cases that the machines have heard of: 1\n" in said
    assert "  furnace  equipment.inspect  open\n" in said


async def test_a_wrong_file_and_a_desk_that_is_not_there_are_said(
    desk: RunningDesk, tmp_path: Path
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Dear diary\n")
    code, said = await desk.run("replay", str(file))
    assert code == 1
    assert "notes.txt begins with 'Dear diary" in said
    elsewhere = RunningDesk(tmp_path, desk.database)
    code, said = await elsewhere.run("replay", str(file))
    assert code == 1
    assert "start one with `thingdesk up`" in said
