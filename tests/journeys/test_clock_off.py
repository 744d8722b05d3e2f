"""A car after a flat battery, whose clock is years off: it is served, by either way alone."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.databases import ROOT
from tests.desk import DeskProcess, running
from tests.parties.making import an_owner, unique
from tests.waiting import until

from thingdesk import cases, notices, parties
from thingdesk.parties import NewMachine, Position
from thingdesk.platform.database import Database
from thingdesk_machine import Identity

YEARS = timedelta(days=3660)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> AsyncIterator[DeskProcess]:
    folder = tmp_path_factory.mktemp("desk") / "desk"
    async with running(folder, database_url=database_url) as one:
        yield one


async def a_car(folder: Path, desk: DeskProcess, database: Database) -> str:
    identity = Identity.create(unique("car"))
    identity.save(folder / "car.json")
    key, place = identity.public_jwk["x"], Position(52.52, 13.40)
    new = NewMachine(identity.machine, "car", "car", key=key, owner=an_owner(), position=place)
    async with database.transaction() as tx:
        await parties.register(tx, [new])
    async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        keys = (await http.get("/v1/desk")).json()["keys"]
    (folder / "desk.json").write_text(json.dumps(keys))
    return identity.machine


async def told_by(folder: Path, url: str, off: timedelta) -> dict[str, Any]:
    """What the process heard, once it has ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.journeys.car_process"),
        *(str(folder), url, str(off.total_seconds())),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(60):
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, errors.decode()
    return {key: value for line in out.splitlines() for key, value in json.loads(line).items()}


@pytest.mark.parametrize("way", ["mqtt", "http"])
@pytest.mark.parametrize("off", [-YEARS, YEARS, -HOUR, HOUR])
async def test_a_breakdown_is_reported_and_answered(
    desk: DeskProcess, database: Database, tmp_path: Path, way: str, off: timedelta
) -> None:
    machine = await a_car(tmp_path, desk, database)
    said = await told_by(tmp_path, desk.mqtt if way == "mqtt" else desk.http, off)
    assert said["notice"] == "safety.advice"
    async with database.transaction() as tx:
        case = await cases.get(tx, UUID(said["case"]))
        rows = await tx.fetch(
            "select event_id, at, received_at, trusted from signal where machine = $1", machine
        )
    assert case
    assert case.subject == machine
    stored = {row["event_id"]: row for row in rows}
    assert not stored["after"]["trusted"]
    assert stored["after"]["at"] == stored["after"]["received_at"]
    assert stored["told"]["trusted"], "the car may give the time that the desk told it"
    assert abs(stored["told"]["at"] - stored["told"]["received_at"]) < timedelta(seconds=20)
    # nobody knew yet that the clock is off, and an hour ago may be a queue
    assert stored["before"]["trusted"] == (off == -HOUR)
    if off != -HOUR:
        assert abs(stored["before"]["at"] - datetime.now(UTC)) < timedelta(minutes=2)

    async def acknowledged() -> bool:
        async with database.transaction() as tx:
            waiting = await notices.pending(tx, machine, 10)
        return "safety.advice" not in [one.notice.kind for one in waiting]

    await until(acknowledged)


async def test_only_the_time_is_said_to_who_is_not_known(desk: DeskProcess) -> None:
    async with httpx.AsyncClient(base_url=desk.http, timeout=30) as http:
        answer = await http.get("/v1/time")
        assert answer.status_code == httpx.codes.OK
        (signed,) = answer.json().values()
        refused = await http.get("/v1/notices", headers={"authorization": f"Bearer {signed}"})
    assert refused.status_code == httpx.codes.UNAUTHORIZED
