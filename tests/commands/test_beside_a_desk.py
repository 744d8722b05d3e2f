"""Commands in the folder of a desk that runs know what that desk was started with."""

import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.architecture.source import ROOT
from tests.commands.command_line import thingdesk
from tests.desk import DeskProcess, running
from tests.saying import a_caller, event
from tests.waiting import until

from thingdesk.parties import NewProvider, Position, register_provider
from thingdesk.platform import ids
from thingdesk.platform.database import Database

PROVIDER = '{"name": "Inside", "kinds": ["technician"], "lat": 1, "lon": 2, "webhook_url": "%s"}'


RULE = """
[[rules]]
from = "mqtt"
topic = "a/{machine}"
machine = "{machine}"
report = "no.such"
"""


@pytest.fixture(scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory, database_url: str
) -> AsyncIterator[DeskProcess]:
    settings = {"packs": "tests.journeys.offline_pack", "webhook_networks": "127.0.0.0/8"}
    folder = tmp_path_factory.mktemp("beside") / "var"
    async with running(folder, database_url=database_url, **settings) as one:
        yield one


def test_the_link_for_the_first_of_the_staff_leads_to_that_desk(
    desk: DeskProcess, tmp_path: Path, database_url: str
) -> None:
    where = {"DATA_DIR": str(desk.folder), "DATABASE_URL": database_url}
    done = thingdesk(tmp_path, "staff", "first@example.org", **where)
    assert done.stdout.startswith(f"{desk.http}/set-up/"), done.stderr


def test_a_webhook_that_the_desk_may_reach_is_not_called_out_of_reach(
    desk: DeskProcess, tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "one.jsonl").write_text(PROVIDER % "http://127.0.0.1/")
    where = {"DATA_DIR": str(desk.folder), "DATABASE_URL": database_url}
    done = thingdesk(tmp_path, "providers", "one.jsonl", **where)
    assert (done.returncode, "jobs will not reach" in done.stderr) == (0, False), done.stderr
    (tmp_path / "one.jsonl").write_text(PROVIDER % "http://10.1.2.3/")
    done = thingdesk(tmp_path, "providers", "one.jsonl", **where)
    assert "jobs will not reach Inside: 10.1.2.3 is in a network" in done.stderr


async def test_the_doctor_misses_no_code_that_the_desk_has(
    desk: DeskProcess, tmp_path: Path, database: Database, database_url: str
) -> None:
    where = Position(38.7, -9.1)
    technician = NewProvider("Cool", ("technician",), (), where, email="cool@example.org")
    async with database.transaction() as tx:
        await register_provider(tx, technician)
    async with httpx.AsyncClient(base_url=desk.http, timeout=20) as http:
        car = await a_caller(database, http)
        wanted = {"service": "offline.cool", "input": {"part": "pump"}}
        await car.receipts("reports", event(car.id, "report", wanted))

    async def begun() -> bool:
        async with database.transaction() as tx:
            sql = "select count(*) from durable_run where state = 'active' and wake_at is null"
            return bool(await tx.fetchval(sql))

    await until(begun)
    beside = {"DATA_DIR": str(desk.folder), "DATABASE_URL": database_url}
    assert "offline.cool" not in thingdesk(tmp_path, "doctor", **beside).stdout
    apart = thingdesk(tmp_path, "doctor", DATABASE_URL=database_url)
    assert re.search(
        r"wait(s)? for code: offline\.cool.*none of the desk's has it", apart.stdout, re.DOTALL
    )


def test_the_doctor_says_that_the_desk_has_other_settings(
    desk: DeskProcess, tmp_path: Path, database_url: str
) -> None:
    beside = {"DATA_DIR": str(desk.folder), "DATABASE_URL": database_url}
    (tmp_path / "map.toml").write_text(RULE)
    here = " (as set in this terminal)"
    other = {"CONTACT": "help@example.org", "PLATFORMS": str(tmp_path / "map.toml")}
    said = thingdesk(tmp_path, "doctor", **beside, **other).stdout
    assert (
        f"note settings: as set in this terminal; the desk that runs in {desk.folder} has others:"
        " THINGDESK_PACKS, THINGDESK_CONTACT\n      What follows of these is not of that desk"
    ) in said
    assert f"owners reach a person: help@example.org{here}\n" in said
    assert f" services{here}: " in said
    assert re.search(r"BAD  platforms: .*no\.such.* \(as set in this terminal\)\n", said)
    shutil.copy(ROOT / "tests" / "journeys" / "offline_pack.py", tmp_path)
    same = thingdesk(tmp_path, "doctor", **beside, PACKS="offline_pack").stdout
    assert "ok   settings: as set in this terminal\n" in same
    assert here not in same


def test_to_try_again_what_is_not_stuck_says_so(
    desk: DeskProcess, tmp_path: Path, database_url: str
) -> None:
    where = {"DATA_DIR": str(desk.folder), "DATABASE_URL": database_url}
    done = thingdesk(tmp_path, "retry", str(ids.new()), **where)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Error: No journey of this case is stuck or fails."
