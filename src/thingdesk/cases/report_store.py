"""The rows of reports."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from thingdesk.cases.model import Answer, Report
from thingdesk.platform.database import Transaction, json
from thingdesk.platform.kept import Kept

_KNOW = """
insert into report (reporter, event_id, hash, received_at)
select *, $4::timestamptz from unnest($1::text[], $2::text[], $3::bytea[])
on conflict do nothing returning reporter, event_id
"""
_KNOWN = """
select r.reporter, r.event_id, r.hash, r.case_id, r.outcome, r.received_at,
    coalesce(h.hops, 0) as hops, coalesce(c.owner_id, r.owner_id) as owner_id
from report r left join case_hops h using (case_id) left join desk_case c on c.id = r.case_id
where (r.reporter, r.event_id) in (select * from unnest($1::text[], $2::text[]))
"""
_ANSWER = """
update report r set case_id = t.case_id, outcome = t.outcome::jsonb, owner_id = t.owner_id
from unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::uuid[])
    as t (reporter, event_id, case_id, outcome, owner_id)
where r.reporter = t.reporter and r.event_id = t.event_id
"""
KEPT = (Kept("report", "received_at", timedelta(days=8)),)
"""What was answered, for as long as machines repeat a report."""


async def know(tx: Transaction, reports: Sequence[Report], now: datetime) -> set[tuple[str, str]]:
    distinct = {(one.reporter, one.event_id): one.hash for one in reversed(reports)}
    ordered = sorted(distinct)
    rows = await tx.fetch(
        _KNOW,
        [reporter for reporter, _ in ordered],
        [event_id for _, event_id in ordered],
        [distinct[key] for key in ordered],
        now,
    )
    return {(row["reporter"], row["event_id"]) for row in rows}


async def known(
    tx: Transaction, reports: Sequence[Report]
) -> dict[tuple[str, str], tuple[bytes, Answer]]:
    """The hash of each that is known, and how it was answered."""
    if not reports:
        return {}
    rows = await tx.fetch(
        _KNOWN, [one.reporter for one in reports], [one.event_id for one in reports]
    )
    return {
        (row["reporter"], row["event_id"]): (
            row["hash"],
            Answer(
                row["case_id"], row["outcome"], row["received_at"], row["hops"], row["owner_id"]
            ),
        )
        for row in rows
    }


async def has(tx: Transaction, reporter: str, event_id: str) -> bool:
    found = await tx.fetchval(
        "select true from report where reporter = $1 and event_id = $2", reporter, event_id
    )
    return bool(found)


def answer(tx: Transaction, report: Report, given: Answer) -> None:
    data = None if given.outcome is None else json(given.outcome)
    tx.defer(_ANSWER, (report.reporter, report.event_id, given.case_id, data, given.owner_id))


async def answered_at_once(
    tx: Transaction, reporter: str, most: int
) -> list[tuple[datetime, dict[str, Any]]]:
    rows = await tx.fetch(
        "select received_at, outcome from report where reporter = $1 and outcome is not null"
        " order by received_at desc limit $2",
        reporter,
        most,
    )
    return [(row["received_at"], row["outcome"]) for row in rows]


async def drop(tx: Transaction, reports: Sequence[Report]) -> None:
    await tx.execute(
        "delete from report"
        " where (reporter, event_id) in (select * from unnest($1::text[], $2::text[]))",
        [one.reporter for one in reports],
        [one.event_id for one in reports],
    )
