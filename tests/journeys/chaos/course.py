"""From a calm desk through everything that strikes it to a calm one, and what must be true then."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
from joserfc import jws
from tests.journeys.chaos import checks, money, monkey, pack, planted
from tests.journeys.chaos.records import read_records
from tests.journeys.chaos.site import Site
from tests.journeys.chaos.world import World, living
from tests.waiting import until

from thingdesk import parties
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.pool import Unreachable

CALM_WITHIN = 240.0
CHECKS: tuple[checks.Check, ...] = (
    checks.acknowledged_is_stored,
    checks.sent_has_arrived,
    checks.one_case_a_problem,
    checks.no_effect_twice,
    checks.no_job_twice,
    checks.no_command_twice,
    checks.one_id_a_notice,
    checks.nothing_hangs,
    checks.no_finding_missed,
    checks.chains_hold,
    money.money_adds_up,
    money.no_budget_is_overspent,
    money.parts_add_up,
    money.verified_is_proven,
)
_WAITING = """
select (select count(*) from durable_run where state = 'active')
     + (select count(*) from job_delivery where state = 'waiting')
     + (select count(*) from command where state = 'waiting')
     + (select count(*) from notice where state = 'open' and to_kind = 'machine') as waiting
"""
Made = Callable[[Path], AbstractAsyncContextManager[Site]]


async def run(made: Made, folder: Path, seed: int, kills: int, show: Callable[[str], None]) -> None:
    """Raises AssertionError with all that is wrong."""
    async with made(folder) as site:
        show("the desk runs")
        await _clocks_turn(site)
        async with living(site, folder, seed) as world:
            await _busy(site)
            acts = monkey.plan(seed, kills, site)
            await monkey.let_loose(site, acts, show)
            show("now it is calm")
            wrong = await _calm(site, world)
            wrong += site.faults
            records = read_records(folder)
            show(records.count())
            database = await _database(site)
            async with database.transaction() as tx:
                wrong += await checks.problems(tx, records, *CHECKS)
                show(await _outcomes(tx))
            if not wrong:
                wrong += await planted.unseen(database, records)
            await database.close()
            code, said = await site.roles[0].desk.command("doctor")
            wrong += [f"the doctor says:\n{said}"] if code else []
    assert not wrong, "\n".join([f"seed {seed}, {kills} kills:", *wrong])


async def _busy(site: Site) -> None:
    """Return when each service has come to its best end for the first time."""
    database = await _database(site)

    async def both() -> bool:
        async with database.transaction() as tx:
            verified: int = await tx.fetchval(
                "select count(distinct service) from desk_case where outcome = 'verified'"
            )
        return verified == len(pack.SERVICES)

    await until(both, within=90)
    await database.close()


async def _clocks_turn(site: Site) -> None:
    """Raises if the desk goes by another clock than the one that will be turned. Nobody may deal
    with it yet: what is begun meanwhile would wait for as long.
    """
    door, *_ = site.clocks.values()
    async with httpx.AsyncClient(base_url=site.http, timeout=10) as http:
        before = await _time(http)
        try:
            door.turn(monkey.TURNED)
            after = await _time(http)
        finally:
            door.turn(0.0)
    assert after - before >= monkey.TURNED, f"from {before} to {after}"


async def _time(http: httpx.AsyncClient) -> int:
    """What time it is, by the desk."""
    (signed,) = (await http.get("/v1/time")).json().values()
    said: int = json.loads(jws.extract_compact(signed.encode()).payload)["iat"]
    return said


async def _calm(site: Site, world: World) -> list[str]:
    """Return when everything has come to its end; what did not, if it takes too long."""

    async def ready() -> bool:
        return all([await role.is_ready() for role in site.roles])

    await until(ready, within=90)
    database = await _database(site)
    through = asyncio.create_task(world.quiet())

    async def over() -> bool:
        # what was killed last may still be coming back
        with suppress(OSError, httpx.HTTPError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return not await _waiting(database, site.http) and through.done()
        return False

    try:
        await until(over, within=CALM_WITHIN)
        await through
    except TimeoutError:
        return [f"not all was over within {CALM_WITHIN:.0f} s"]
    finally:
        through.cancel()
        await database.close()
    return []


async def _database(site: Site) -> Database:
    """It may have been killed a moment ago."""

    async def connect() -> Database | None:
        with suppress(Unreachable):
            return await Database.connect(site.database_url)
        return None

    found = await until(connect, within=60)
    assert found
    return found


async def _waiting(database: Database, http: str) -> int:
    """How much is still to come. Owners whose mail is only repeated in minutes answer meanwhile."""
    async with database.transaction() as tx:
        asked = await tx.fetch(
            "select d.id, o.id as owner, o.name, d.options->0->>'id' as first"
            " from decision d join owner o on o.id = d.owner_id"
            " where d.state = 'open' and d.asked_at < now() - interval '5 s'"
        )
        key = await parties.desk_key(tx)
        waiting: int = await tx.fetchval(_WAITING)
    async with httpx.AsyncClient(base_url=http, timeout=10) as page:
        for row in asked:
            until = clock.now() + timedelta(hours=1)
            token = parties.sign_link(key, "decision", row["id"], until, owner=row["owner"])
            option = "no" if row["name"] == "strict" else row["first"]
            await page.post(f"/decision/{token}", data={"option": option})
    return waiting


async def _outcomes(tx: Transaction) -> str:
    rows = await tx.fetch(
        "select service, outcome, count(*) as n, sum(reopened) as again from desk_case"
        " group by 1, 2 order by 1, 2"
    )
    return ", ".join(f"{r['n']} {r['service']} {r['outcome']} ({r['again']} again)" for r in rows)
