"""With many cases and machines the pages still read a page's worth of rows, found by an index."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from thingdesk import cases, parties, timeline
from thingdesk.cases import CaseFilter, Outcome, State
from thingdesk.parties import MachineFilter
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.web.words import ON_THE_WALL

MANY = 20_000
FILL = (
    """
    insert into machine (id, kind, model, serial, attributes, expected_interval, registered_at)
    select 'm-' || n, 'kind' || n % 9, 'model' || n % 50, 'sn' || n, '{}', '1 min', now()
    from generate_series(1, $1::integer) n
    """,
    """
    insert into owner (id, email, name, zone, added_at)
    select gen_random_uuid(), n || '@example.org', 'Owner', 'UTC', now()
    from generate_series(1, $1::integer) n
    """,
    """
    insert into ownership (machine, owner_id, begins)
    select 'm-' || row_number() over (), id, now() from owner limit $1::integer
    """,
    """
    insert into desk_case (id, subject, key, owner_id, service, version, title, input, origin,
        reporter, state, outcome, opened_at, ended_at)
    select gen_random_uuid(), 'm-' || n, md5(n::text), gen_random_uuid(), 'some.service', '1',
        'Repair a fault', jsonb_build_object('code', md5(n::text)), 'report', 'm-' || n,
        case when n % 50 > 1 then 'ended' when n % 50 = 1 then 'verifying' else 'open' end,
        case when n % 50 > 1 then 'verified' end, now() - n * interval '1 minute',
        case when n % 50 > 1 then now() - n * interval '30 s' end
    from generate_series(1, $1::integer) n
    """,
    """
    insert into timeline_event (stream, seq, at, kind, digest, hash)
    select 'case:' || id, k, opened_at + k * interval '1 s', 'some.kind' || k, '', ''
    from desk_case, generate_series(1, 5) k limit $1::integer
    """,
    """
    insert into case_promise (case_id, name, started_at, due_at, seconds, broken_at)
    select id, 'resolution', opened_at, opened_at, 1, opened_at - interval '8 days'
    from desk_case limit $1::integer
    """,
)
SEEN = """
select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint from pg_stat_user_tables
where relname in ('desk_case', 'machine', 'owner', 'ownership', 'timeline_event', 'case_promise')
"""
Look = Callable[[Transaction], Awaitable[Any]]


def searched(**wanted: Any) -> Look:
    return lambda tx: cases.search(tx, CaseFilter(most=31, **wanted))


def found(**wanted: Any) -> Look:
    return lambda tx: parties.find_machines(tx, MachineFilter(most=41, **wanted))


LOOKS: dict[str, Look] = {
    "newest": searched(),
    "open": searched(state=State.OPEN),
    "verified": searched(outcome=Outcome.VERIFIED),
    "withdrawn, of which there is none": searched(outcome=Outcome.WITHDRAWN),
    "of a service without a case": searched(service="other"),
    "of a machine": searched(subject="m-777"),
    "of an owner": searched(owner_id=ids.new()),
    "with a word that one has": searched(words="m-19999"),
    "with a word that none has": searched(words="qqq"),
    "open, with a word that none has": searched(state=State.OPEN, words="qqq"),
    "further": searched(after=(clock.now(), ids.new())),
    "machines": found(),
    "machines of a kind": found(kind="kind3"),
    "machines of a kind without one": found(kind="none"),
    "machines of a model without one": found(model="none"),
    "machines of an owner": found(owner_id=ids.new()),
    "machines with a serial": found(words="sn19999"),
    "machines with a word that none has": found(words="qqq"),
    "further machines": found(after="m-5"),
    "owners": lambda tx: parties.find_owners(tx, None, most=41),
    "further owners": lambda tx: parties.find_owners(tx, None, ("Owner", ids.new()), 41),
    "promises": lambda tx: cases.promises_at_risk(tx, timedelta(hours=1), 8),
    "broken promises": lambda tx: cases.promises_broken(tx, timedelta(days=7), 8),
    "feed": lambda tx: timeline.latest(tx, 24, ON_THE_WALL),
}


@pytest.fixture(scope="module")
async def large(database: Database) -> Database:
    async with database.transaction() as tx:
        for sql in FILL:
            await tx.execute(sql, MANY)
    async with database.transaction() as tx:
        await tx.execute("analyze")
    return database


async def rows_read(database: Database, look: Look) -> int:
    """How many rows of cases, machines and the timeline the server looks at for this."""
    sums: list[int] = []
    for act in (None, look):
        async with database.transaction() as tx:
            if act:
                await act(tx)
            await tx.fetchval("select pg_stat_force_next_flush()")
        async with database.transaction() as tx:
            sums.append(await tx.fetchval(SEEN))
    return sums[1] - sums[0]


@pytest.mark.parametrize("name", LOOKS)
async def test_a_look_reads_no_more_rows_than_it_shows(large: Database, name: str) -> None:
    assert await rows_read(large, LOOKS[name]) <= 200
