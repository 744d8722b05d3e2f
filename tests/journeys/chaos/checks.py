"""What must be true once calm has returned, whatever was killed. Each check yields in words what is
not; SQL of its own reads the desk's tables, so that a mistake in a stage's store hides nothing.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any

from tests.journeys.chaos.pack import HOT, TOO_HOT
from tests.journeys.chaos.records import Records

from thingdesk import diagnosis, timeline
from thingdesk.diagnosis import Observation
from thingdesk.platform.database import Row, Transaction

_EVER = datetime.max.replace(tzinfo=UTC)
Check = Callable[[Transaction, Records], AsyncIterator[str]]


async def acknowledged_is_stored(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """Every event with a verified receipt is there once; a report with the case it named."""
    signals = await _counted(tx, "select machine, event_id from signal")
    for signal in records.receipted("signals"):
        if signals[signal] != 1:
            yield f"signal {signal} has a receipt and is stored {signals[signal]} times"
    rows = await tx.fetch(
        "select r.reporter, r.event_id, r.case_id, c.id from report r"
        " left join desk_case c on c.id = r.case_id and c.subject = r.reporter"
    )
    cases = {(row["reporter"], row["event_id"]): str(row["id"]) for row in rows}
    for machine, events in records.events.items():
        for one in events:
            said = cases.get((machine, one.id))
            if one.topic == "reports" and one.receipt_at and said != one.case:
                yield f"report {one.id} has a receipt for case {one.case}, stored is {said}"
    settled = {
        row["id"] for row in await tx.fetch("select id from command where detail is not null")
    }
    for machine, event in records.receipted("results"):
        if event.removeprefix("result-") not in map(str, settled):
            yield f"{event} of {machine} has a receipt, and its command has no result"


async def sent_has_arrived(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """Nothing waits in a machine's queue; nothing was refused or dropped; nothing was made up."""
    for machine, events in records.events.items():
        for one in events:
            if one.ending != "receipt" and one.topic != "acks":
                yield f"{one.topic} {one.id} of {machine} ended as {one.ending}: {one.refusal}"
    sent = {(one["who"], one["event"]) for one in records.of("sent")}
    known = {(machine, one.id) for machine, events in records.events.items() for one in events}
    for gone in sent - known:
        yield f"{gone} was sent and is not in the queue's ledger"
    for row in await tx.fetch("select machine, event_id from signal"):
        if tuple(row.values()) not in known:
            yield f"signal {tuple(row.values())} is stored and was never sent"


async def one_case_a_problem(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """A noise is reported several times at once and heat comes back: each is one case. Only what
    was refused is a further case when it comes back.
    """
    rows = await tx.fetch(
        "select subject, key, count(*) as n from desk_case"
        " where outcome <> 'refused' group by subject, key having count(*) > 1"
    )
    for row in rows:
        yield f"{row['n']} cases of {row['subject']} for {row['key']}"
    rows = await tx.fetch(
        "select a.subject, a.key from desk_case a join desk_case b"
        " on a.subject = b.subject and a.key = b.key and a.id < b.id"
        " where a.opened_at < b.ended_at and b.opened_at < a.ended_at"
    )
    for row in rows:
        yield f"two cases of {row['subject']} for {row['key']} were open at the same time"
    named: dict[tuple[str, str], set[str]] = {}
    for one in records.of("receipted"):
        named.setdefault((one["who"], one["problem"]), set()).add(one["case"])
    for problem, cases in named.items():
        if len(cases) > 1:
            yield f"reports of {problem} were told different cases: {cases}"


async def no_effect_twice(tx: Transaction, _: Records) -> AsyncIterator[str]:
    """By the ledger's key, and by what an effect is: none has a second row, job or command."""
    rows = await tx.fetch(
        "select journey_id, step from effect group by journey_id, step having count(*) > 1"
    )
    for row in rows:
        yield f"step {row['step']} of journey {row['journey_id']} has two effects"
    rows = await tx.fetch(
        "select journey_id, name, details::text as details from effect"
        " where state in ('done', 'undone') group by 1, 2, 3 having count(*) > 1"
    )
    for row in rows:
        yield f"journey {row['journey_id']} did {row['name']} twice: {row['details']}"
    for table in ("job", "command", "part_reservation", "spending"):
        key = "effect_id" if table == "spending" else "id"
        rows = await tx.fetch(
            f"select {key} as id from {table} where {key} not in (select id from effect)"
        )
        for row in rows:
            yield f"{table} {row['id']} belongs to no effect in the ledger"


async def no_job_twice(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """A job is offered under one message id, to one provider, and is done once."""
    for kind in ("job.offered", "job.cancelled"):
        messages: dict[str, set[tuple[str, str]]] = {}
        for one in records.of(kind):
            messages.setdefault(one["job"], set()).add((one["message"], one["who"]))
        for job, those in messages.items():
            if len(those) > 1:
                yield f"{kind} {job} came as several messages: {those}"
    done = Counter(one["job"] for one in records.of("done") if one["status"] == 200)
    states = {str(row["id"]): row["state"] for row in await tx.fetch("select id, state from job")}
    for job, times in done.items():
        if times > 1 or states.get(job) != "done":
            yield f"job {job} was done {times} times, and stands at {states.get(job)}"
    for job in {one["job"] for one in records.of("job.offered")} - states.keys():
        yield f"job {job} was offered and is not known"


async def no_command_twice(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """Of a journey there is one command, and its machine carried it out once at most."""
    states = {
        str(row["id"]): row["state"] for row in await tx.fetch("select id, state from command")
    }
    for command, times in Counter(one["command"] for one in records.of("commanded")).items():
        if times > 1:
            yield f"command {command} was carried out {times} times"
        if states.get(command) not in ("done", "unanswered"):
            yield f"command {command} was carried out, and stands at {states.get(command)}"
    rows = await tx.fetch("select run_id from command group by run_id having count(*) > 1")
    for row in rows:
        yield f"journey {row['run_id']} has several commands"


async def one_id_a_notice(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """Of each turn of a case its machine hears beginning and end once, and takes them once; its
    owner hears nothing twice.
    """
    rows = await tx.fetch(
        "select c.subject, n.kind, count(*) as n, max(c.turns) as turns from notice n"
        " join (select d.id, d.subject, count(j.id) as turns from desk_case d"
        "       join journey j on j.case_id = d.id group by d.id) c on c.id = n.case_id"
        " where n.to_kind = 'machine' and n.kind in ('chaos.begun', 'case.ended')"
        " group by n.case_id, c.subject, n.kind having count(*) <> max(c.turns)"
    )
    for row in rows:
        yield f"{row['subject']} got {row['n']} notices {row['kind']} for {row['turns']} turns"
    rows = await tx.fetch(
        "select n.case_id, n.kind, n.words, count(*) as n from notice n"
        " where n.to_kind = 'owner' group by n.case_id, n.to_id, n.kind, n.words, n.data"
        " having count(*) > (select count(*) from journey j where j.case_id = n.case_id)"
    )
    for row in rows:
        yield f"the owner heard {row['n']} times of {row['case_id']}: {row['kind']} {row['words']}"
    for notice, times in Counter(one["notice"] for one in records.of("noticed")).items():
        if times > 1:
            yield f"notice {notice} was handed out {times} times"
    states = {
        str(row["id"]): row["state"]
        for row in await tx.fetch("select id, state from notice where to_kind = 'machine'")
    }
    for machine, taken in records.notices.items():
        for one in taken:
            if states.pop(one.id, None) != "acknowledged":
                yield f"notice {one.id} came to {machine} and is not acknowledged"
    for notice, state in states.items():
        yield f"notice {notice} never came to its machine, and is {state}"


async def nothing_hangs(tx: Transaction, _: Records) -> AsyncIterator[str]:
    """Every journey has ended, and every case in a stated outcome."""
    for row in await tx.fetch("select id, code, state, problem, waits_for from durable_run"):
        if row["state"] != "ended":
            yield f"{row['code']} is {row['state']}: {row['problem']}, {row['waits_for']}"
    rows = await tx.fetch(
        "select j.id, c.state, c.outcome from journey j join desk_case c on c.id = j.case_id"
        " where j.ended_at is null or c.state <> 'ended'"
    )
    for row in rows:
        yield f"journey {row['id']} has no end; its case is {row['state']} {row['outcome']}"
    rows = await tx.fetch(
        "select id from desk_case c where not exists (select from journey where case_id = c.id)"
    )
    for row in rows:
        yield f"case {row['id']} has no journey"
    rows = await tx.fetch(
        "select m.key, r.state from durable_message m left join durable_run r on r.id = m.run_id"
        " where not m.seen and r.state is distinct from 'ended'"
    )
    for row in rows:
        yield f"message {row['key']} was not heard; its journey is {row['state']}"


async def no_finding_missed(tx: Transaction, _: Records) -> AsyncIterator[str]:
    """What the signals of a machine show in their order was found, whichever worker died or slept
    over it; what was found they show; and none is there twice.
    """
    signals = await tx.fetch(
        "select machine, at, (\"values\"->>'heat')::float as heat from signal order by machine, at"
    )
    findings = await tx.fetch("select * from finding")
    for machine, rows in groupby(signals, itemgetter("machine")):
        seen = [Observation(machine, row["at"], {"heat": row["heat"]}) for row in rows]
        there = [_lasts(row) for row in findings if row["machine"] == machine]
        hot = [one.at for one in seen if one.values["heat"] > HOT]
        for start, end in _shown(seen):
            if not any(opened <= end and start <= cleared for opened, cleared in there):
                yield f"{machine} was too hot from {start} to {end}, and it was not found"
        for opened, cleared in there:
            if opened not in hot:
                yield f"{machine} is found too hot from {opened} to {cleared}, and was not"
        for times, count in Counter(there).items():
            if count > 1:
                yield f"{machine} was found too hot {count} times at {times}"


def _lasts(finding: Row) -> tuple[datetime, datetime]:
    return finding["opened_at"], finding["cleared_at"] or _EVER


def _shown(seen: Iterable[Observation]) -> list[tuple[datetime, datetime]]:
    """From when to when these signals, had they come as they were made, show a finding."""
    _, changes = diagnosis.run(TOO_HOT, None, seen)
    starts = [one.at for one in changes if isinstance(one, diagnosis.Opened)]
    ends = [one.at for one in changes if isinstance(one, diagnosis.Cleared)]
    return list(zip_longest(starts, ends, fillvalue=_EVER))


async def chains_hold(tx: Transaction, _: Records) -> AsyncIterator[str]:
    after: str | None = ""
    while after is not None:
        verified = await timeline.verify_next(tx, after)
        for broken in verified.breaks:
            yield f"the chain of {broken}"
        after = verified.last


async def problems(tx: Transaction, records: Records, *checks: Check) -> list[str]:
    """What is wrong, each with the name of its check."""
    return [
        f"{check.__name__}: {problem}" for check in checks async for problem in check(tx, records)
    ]


async def _counted(tx: Transaction, sql: str) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row.values()) for row in await tx.fetch(sql))
