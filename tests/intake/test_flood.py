"""Many machines at once, from a process of their own."""

import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import STOP_WITHIN, DeskProcess, running
from tests.parties.making import Signing, an_owner, signing, unique
from tests.waiting import until

from thingdesk.parties import NewMachine, register
from thingdesk.platform.database import Database

MACHINES, REPORTS, TIMES = 100, 10, 10


async def a_fleet(database: Database, size: int) -> list[Signing]:
    made = [signing(unique("car")) for _ in range(size)]
    async with database.transaction() as tx:
        await register(
            tx,
            [NewMachine(one.machine, "car", "car", key=one.x, owner=an_owner()) for one in made],
        )
    return made


@contextmanager
def flood(
    fleet: list[Signing], desk: DeskProcess, ledger: Path, *, reports: int = 0, times: int = 1
) -> Iterator[None]:
    """The machines, in a process of their own for as long as the block lasts."""
    keys = httpx.get(f"{desk.http}/v1/desk").json()["keys"]
    told = [keys, *({"id": one.machine, "key": one.key.as_dict(private=True)} for one in fleet)]
    command = [sys.executable, "-m", "tests.intake.flood", str(desk.mqtt_port)]
    with ledger.open("wb") as out, ledger.with_suffix(".err").open("wb") as err:
        process = subprocess.Popen(
            [*command, str(reports), str(times)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=err,
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )
        try:
            assert process.stdin
            process.stdin.write("\n".join(json.dumps(one) for one in told).encode())
            process.stdin.close()
            yield
        finally:
            process.terminate()
            process.wait()
            sys.stdout.write(ledger.with_suffix(".err").read_text())


def heard(ledger: Path) -> list[dict[str, Any]]:
    """What the machines have written down; a line that is being written is left out."""
    lines = ledger.read_text().splitlines()
    told = []
    for one in lines:
        with contextlib.suppress(json.JSONDecodeError):
            told.append(json.loads(one))
    return told


def receipts(ledger: Path) -> dict[str, dict[str, Any]]:
    return {one["event"]: one for one in heard(ledger) if "event" in one}


async def test_a_thousand_reports_at_once_are_a_case_a_machine(
    desk: DeskProcess, database: Database, tmp_path: Path
) -> None:
    """100 machines, 10 reports of one problem each, each of them 10 times, all at once."""
    fleet = await a_fleet(database, MACHINES)
    names, ledger = [one.machine for one in fleet], tmp_path / "ledger"

    async def all_answered() -> bool:
        return len(receipts(ledger)) == MACHINES * REPORTS

    with flood(fleet, desk, ledger, reports=REPORTS, times=TIMES):
        await until(all_answered, within=100)
    answers = receipts(ledger)
    assert not [one for one in heard(ledger) if "refused" in one]
    told = {(one["machine"], one["case"]) for one in answers.values()}
    assert Counter(machine for machine, _ in told) == Counter(names)
    async with database.transaction() as tx:
        found = await tx.fetch(
            "select id::text, subject, reports from desk_case where subject = any($1)", names
        )
        events = await tx.fetchval("select count(*) from report where reporter = any($1)", names)
        journeys = await tx.fetchval(
            "select count(*) from journey where case_id = any($1::uuid[])",
            [row["id"] for row in found],
        )
    assert {(row["subject"], row["id"]) for row in found} == told
    assert {row["reports"] for row in found} == {REPORTS}
    assert events == MACHINES * REPORTS
    assert journeys == MACHINES


@pytest.mark.parametrize("killed", [False, True])
async def test_what_was_receipted_under_load_is_there_after_the_end(
    tmp_path: Path, database: Database, database_url: str, *, killed: bool
) -> None:
    """However the end came; and when it was asked to stop, it took seconds."""
    fleet, ledger = await a_fleet(database, 20), tmp_path / "ledger"
    async with running(tmp_path / "desk", database_url=database_url) as desk:
        with flood(fleet, desk, ledger):

            async def busy() -> bool:
                return len(receipts(ledger)) > 1000

            await until(busy, within=60)
            if killed:
                desk.kill()
            else:
                assert await desk.stop() < STOP_WITHIN
    assert "Traceback" not in desk.log(), desk.log()
    acknowledged = receipts(ledger)
    async with database.transaction() as tx:
        rows = await tx.fetch(
            "select event_id, encode(hash, 'hex') as hash from signal_event"
            " join signal using (machine, event_id) where machine = any($1)",
            [one.machine for one in fleet],
        )
    kept = {row["event_id"]: row["hash"] for row in rows}
    assert len(kept) == len(rows)
    assert {event: one["hash"] for event, one in acknowledged.items()}.items() <= kept.items()
