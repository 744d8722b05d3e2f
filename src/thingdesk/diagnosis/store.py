from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from thingdesk.diagnosis.model import Cleared, Evidence, Finding, Opened, Severity
from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction, columns, json
from thingdesk.platform.kept import Kept
from thingdesk.signals import Cursor

_CLAIM = """
select shard, tx, id, received_from from diagnosis_shard
where shard = any($1) order by advanced_at, shard limit $2 for update skip locked
"""
_MOVE = """
update diagnosis_shard d
set tx = t.tx, id = t.id, received_from = t.received_from, advanced_at = $5
from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
    as t (shard, tx, id, received_from)
where d.shard = t.shard
"""
_SAVE = """
insert into rule_state (machine, rule, state)
select machine, rule, state::jsonb from unnest($1::text[], $2::text[], $3::text[])
    as t (machine, rule, state)
on conflict (machine, rule) do update set state = excluded.state
"""
_OPEN = """
insert into finding (id, machine, rule, about, severity, confidence, evidence, opened_at, noted_at,
                     look_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (machine, rule, about) where cleared_at is null do nothing
"""
_CLEAR = """
update finding f set cleared_at = t.at
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as t (machine, rule, about, at)
where f.machine = t.machine and f.rule = t.rule and f.about = t.about and f.cleared_at is null
"""
_SILENT = """
select distinct machine from finding
where cleared_at is null and rule = any($1) and machine > $2 {upto}
"""
LOOK = timedelta(minutes=5)
"""How often it is looked whether an open finding has an open case."""
_LATEST_COMMIT = timedelta(hours=1)
"""Longer than any transaction that stores signals may last."""


def cleared_findings(lasts: timedelta) -> Kept:
    """Findings, from when they have cleared."""
    return Kept("finding", "cleared_at", lasts)


async def cursors(tx: Transaction) -> list[Cursor]:
    """How far diagnosis has come in every shard."""
    rows = await tx.fetch("select shard, tx, id, received_from from diagnosis_shard")
    return [Cursor(row["shard"], row["tx"], row["id"], row["received_from"]) for row in rows]


async def claim(tx: Transaction, shards: Sequence[int], most: int) -> list[Cursor]:
    """Those of the shards that no other worker has, locked; the longest neglected first."""
    rows = await tx.fetch(_CLAIM, list(shards), most)
    return [Cursor(row["shard"], row["tx"], row["id"], row["received_from"]) for row in rows]


async def lock(tx: Transaction) -> list[Cursor]:
    """How far diagnosis has come in every shard; no worker takes one until this is over."""
    rows = await tx.fetch(
        "select shard, tx, id, received_from from diagnosis_shard order by shard for update"
    )
    return [Cursor(row["shard"], row["tx"], row["id"], row["received_from"]) for row in rows]


async def place(tx: Transaction, placed: Sequence[Cursor]) -> None:
    """Set how far diagnosis has come, without having come further."""
    await tx.execute(
        "update diagnosis_shard d set tx = t.tx, id = t.id"
        " from unnest($1::smallint[], $2::bigint[], $3::bigint[]) as t (shard, tx, id)"
        " where d.shard = t.shard",
        [one.shard for one in placed],
        [one.tx for one in placed],
        [one.id for one in placed],
    )


async def move(tx: Transaction, moved: Sequence[Cursor], now: datetime) -> None:
    await tx.execute(
        _MOVE,
        [one.shard for one in moved],
        [one.tx for one in moved],
        [one.id for one in moved],
        [one.received_from - _LATEST_COMMIT for one in moved],
        now,
    )


async def load(tx: Transaction, machines: Sequence[str]) -> dict[tuple[str, str], Any]:
    rows = await tx.fetch(
        "select machine, rule, state from rule_state where machine = any($1)", list(machines)
    )
    return {(row["machine"], row["rule"]): row["state"] for row in rows}


async def save(tx: Transaction, states: Sequence[tuple[str, str, Any]]) -> None:
    await tx.execute(
        _SAVE,
        [machine for machine, _, _ in states],
        [rule for _, rule, _ in states],
        [json(state) for _, _, state in states],
    )


async def open_(tx: Transaction, one: Opened, severity: Severity, now: datetime) -> None:
    await tx.execute(
        _OPEN,
        ids.new(),
        one.machine,
        one.rule,
        one.about,
        severity.value,
        one.confidence,
        evidence_data(one.evidence),
        one.at,
        now,
        now + LOOK,
    )


async def clear(tx: Transaction, cleared: Sequence[Cleared]) -> None:
    rows = [(one.machine, one.rule, one.about, one.at) for one in cleared]
    await tx.execute(_CLEAR, *columns(rows))


async def clear_rule(tx: Transaction, machine: str, rule: str, at: datetime) -> None:
    await tx.execute(
        "update finding set cleared_at = $3"
        " where machine = $1 and rule = $2 and cleared_at is null",
        machine,
        rule,
        at,
    )


async def silence_round(tx: Transaction) -> str | None:
    """After which machine to go on looking for silence; None while another worker looks."""
    after: str | None = await tx.fetchval("select after from silence_round for update skip locked")
    return after


async def go_on_after(tx: Transaction, machine: str) -> None:
    await tx.execute("update silence_round set after = $1", machine)


async def machines_with_open(
    tx: Transaction, rules: Sequence[str], after: str, last: str | None
) -> list[str]:
    """Of the machines after one id up to another those with an open finding of the rules."""
    upto = () if last is None else (last,)
    sql = _SILENT.format(upto="and machine <= $3" if upto else "")
    rows = await tx.fetch(sql, list(rules), after, *upto)
    return [row["machine"] for row in rows]


async def findings_of(tx: Transaction, machine: str, most: int = 50) -> list[Finding]:
    """The findings of a machine, the newest first."""
    rows = await tx.fetch(
        "select * from finding where machine = $1 order by opened_at desc limit $2", machine, most
    )
    return [to_finding(row) for row in rows]


async def open_findings(tx: Transaction, machine: str) -> list[Finding]:
    """What is found on a machine and has not cleared, the oldest first."""
    rows = await tx.fetch(
        "select * from finding where machine = $1 and cleared_at is null order by opened_at, id",
        machine,
    )
    return [to_finding(row) for row in rows]


def evidence_data(evidence: Evidence) -> dict[str, Any]:
    return {
        "measure": evidence.measure,
        "value": evidence.value,
        "limit": evidence.limit,
        "since": evidence.since.isoformat(),
        "until": evidence.until.isoformat(),
        "samples": evidence.samples,
    }


def to_finding(row: Row) -> Finding:
    evidence = row["evidence"]
    return Finding(
        row["rule"],
        row["machine"],
        row["about"],
        row["opened_at"],
        Evidence(
            evidence["measure"],
            evidence["value"],
            evidence["limit"],
            datetime.fromisoformat(evidence["since"]),
            datetime.fromisoformat(evidence["until"]),
            evidence["samples"],
        ),
        row["confidence"],
        row["cleared_at"],
    )
