"""What is over is let go, in steps, and whoever looks sees when it is not."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests import databases
from tests.commands.command_line import thingdesk
from thingdesk import upkeep
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.kept import Kept
from thingdesk.upkeep import Upkeep, letting_go

DAYS = timedelta(days=400)
SECOND = timedelta(seconds=1)
# a row of each table, kept from $1 on; `{n}` makes it another row
ROWS = {
    "signal_other": "insert into signal (shard, machine, event_id, at, trusted, received_at,"
    " \"values\") values (1, 'car-1', 'e{n}', $1, true, $1, '{{}}')",
    "finding": "insert into finding values (gen_random_uuid(), 'car-1', 'rule', '', 'minor', 1,"
    " '{{}}', $1, $1, $1)",
    "signal_event": "insert into signal_event values ('car-1', 'e{n}', '', $1)",
    "intake_span": "insert into intake_span values (gen_random_uuid(), $1, $1)",
    "report": "insert into report (reporter, event_id, hash, received_at)"
    " values ('car-1', 'e{n}', '', $1)",
    "notice": "insert into notice (id, channel, to_kind, to_id, kind, words, data, told_at, until,"
    " again_at, state, settled_at) values"
    " (gen_random_uuid(), 'mail', 'staff', '', '', '', '{{}}', $1, $1, $1, 'taken', $1)",
    "attention_spent": "insert into attention_spent values (gen_random_uuid(), $1::timestamptz, 1)",
    "service_memory": "insert into service_memory values ('s', 'car-1', 'k{n}', '1', $1, $1)",
    "journey_told": "insert into journey_told values ('n{n}', $1)",
    "staff_link": "insert into staff_link select '{n}', id, $1 from staff",
    "staff_session": "insert into staff_session select '{n}', id, $1 from staff",
    "staff_challenge": "insert into staff_challenge select '{n}', id, '', 'proof', $1 from staff",
    "staff_return": "insert into staff_return values ('{n}', $1)",
    "staff_attempt": "insert into staff_attempt values ('n{n}', 1, $1)",
    "access_refresh": "insert into access_refresh values (decode('0{n}', 'hex'),"
    " gen_random_uuid(), null, $1, $1)",
    "access_request": "insert into access_request (id, kind, client, asks, surfaces, made_at,"
    " expires_at, state)"
    " values (gen_random_uuid(), 'pair', '{{}}', '{{}}', '{{}}', $1, $1, 'used')",
    "access_ended": "insert into access_ended values (gen_random_uuid(), 'car-1', $1, $1)",
    "access_once": "insert into access_once values (decode('0{n}', 'hex'), $1)",
    "access_try": "insert into access_try values ('w{n}', 1, $1)",
    "dialogue_turn": "insert into dialogue_turn values ('car-1', 'c{n}', $1, 1)",
    "hold": "insert into hold (id, machine, subject, owner_id, topic, about, language, safety,"
    " state, asked_at, queued_at, since, misses, ended_at)"
    " values (gen_random_uuid(), 'car-1', 'car-1', gen_random_uuid(), '', '', 'en',"
    " false, 'ended', $1, $1, $1, 0, $1)",
    "hook": "insert into hook (id, machine, form, url, secret, made_at, ended_at)"
    " values (gen_random_uuid(), 'car-1', 'own', '', '', $1, $1)",
    "hook_delivery": "insert into hook_delivery (id, hook_id, case_id, number, kind, made_at,"
    " until, state, next_at, settled_at)"
    " values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, '', $1, $1,"
    " 'delivered', $1, $1)",
    "owner_code": "insert into owner_code (owner_id, id, expires_at, browser) values"
    " (gen_random_uuid(), gen_random_uuid(), $1, '')",
    "owner_session": "insert into owner_session values (decode('0{n}', 'hex'), gen_random_uuid(),"
    " $1, $1)",
    "durable_run": "insert into durable_run (id, code, priority, state, started_at, progressed_at)"
    " values (gen_random_uuid(), 'x@1', 1, 'ended', $1, $1)",
}
# what these refer to is beside the matter
REFERRING = {
    "access_refresh": "grant_id",
    "hook_delivery": "hook_id",
    "owner_code": "owner_id",
    "owner_session": "owner_id",
}
KEPT = [one for one in letting_go(DAYS) if isinstance(one, Kept)]


@pytest.fixture(scope="module", autouse=True)
async def one_of_staff(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "insert into staff (id, email, name, roles, added_at)"
            " values (gen_random_uuid(), 'a@example.org', 'A', '{}', now())"
        )
        for table, column in REFERRING.items():
            await tx.execute(f"alter table {table} drop constraint {table}_{column}_fkey")


async def put(database: Database, table: str, n: int, since: datetime) -> None:
    async with database.transaction() as tx:
        await tx.execute(ROWS[table].format(n=n), since)


async def count(database: Database, table: str) -> int:
    async with database.transaction() as tx:
        return int(await tx.fetchval(f"select count(*) from {table}"))


@pytest.mark.parametrize("kept", KEPT, ids=[one.table for one in KEPT])
async def test_what_is_over_goes_in_steps_and_what_is_not_stays(
    database: Database, kept: Kept
) -> None:
    now = clock.now()
    day = timedelta(days=1)
    with clock.reading(lambda: now):
        for n in range(3):
            await put(database, kept.table, n, now - kept.lasts - day - n * SECOND)
        await put(database, kept.table, 3, now - kept.lasts + day)
        steps, late = [], []
        for _ in range(3):
            async with database.transaction() as tx:
                late.append(await kept.overdue(tx))
                steps.append(await replace(kept, most=2).let_go(tx))
    assert steps == [2, 1, 0]
    assert [one is not None and one >= timedelta(hours=1) for one in late] == [True, True, False]
    assert await count(database, kept.table) == 1


async def test_what_has_not_ended_is_kept_whatever_its_age(database: Database) -> None:
    old = clock.now() - timedelta(days=10_000)
    async with database.transaction() as tx:
        for table in ("notice", "finding", "durable_run", "service_memory"):
            await tx.execute(f"delete from {table}")
    for table in ("notice", "finding", "durable_run", "service_memory"):
        await put(database, table, 9, old)
    async with database.transaction() as tx:
        await tx.execute("update notice set state = 'open', settled_at = null")
        await tx.execute("update finding set cleared_at = null")
        await tx.execute("update durable_run set state = 'stuck'")
        await tx.execute("update service_memory set until = null")
        assert await upkeep.overdue(tx, DAYS) == {}
        assert [await one.let_go(tx) for one in KEPT] == [0] * len(KEPT)
        await tx.execute("delete from durable_run")


async def test_an_act_that_found_something_goes_on_and_the_others_rest(
    database: Database,
) -> None:
    old = clock.now() - timedelta(days=9)
    for n in range(2):
        await put(database, "signal_event", 10 + n, old)
    work = Upkeep(database, DAYS, 10.0)
    assert await work.once() >= 1, "partitions were made, and ids of events let go"
    await put(database, "report", 10, old)
    assert await work.once() == 0, "those that found something find no more"
    assert await count(database, "report") == 2
    assert await work.once() == 1
    assert await count(database, "report") == 1


async def test_the_doctor_says_what_should_have_gone(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=database_url)
    assert "ok   what is kept: all that is over has been let go\n" in done.stdout
    await put(database, "signal_event", 20, clock.now() - timedelta(days=8, hours=5.5))
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=database_url)
    assert "BAD  what is kept: what is over is still there: signal_event by 5 h\n" in done.stdout
    await databases.command(database_url, "delete from signal_event")


async def test_how_long_signals_are_kept_is_a_setting(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await databases.command(database_url, "delete from finding")
    await put(database, "finding", 20, clock.now() - timedelta(days=40))
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=database_url, KEEP_SIGNALS="31")
    assert "finding by 216 h\n" in done.stdout
    async with database.transaction() as tx:
        assert await upkeep.overdue(tx, DAYS) == {}
