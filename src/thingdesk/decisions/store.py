from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from thingdesk.decisions.model import Cost, Decision, Option, Proposal, Question, State
from thingdesk.mandates import Payer
from thingdesk.notices import Recipient, To
from thingdesk.platform.database import Row, Transaction, columns, json
from thingdesk.platform.kept import Kept
from thingdesk.platform.money import Money

KEPT = (Kept("attention_spent", "week", timedelta(days=14)),)
"""How often an owner was asked, from the beginning of the week; only this one is counted in."""
# the ids of options stay: what was answered refers to them
_ERASE = """
update decision set words = '(erased)', options = (
    select jsonb_agg(one || '{"words": "(erased)", "data": {}}' order by n)
    from jsonb_array_elements(options) with ordinality as t (one, n)),
    proposal = null
where case_id = any($1)
"""
_INSERT = """
insert into decision (id, case_id, run_id, key, asks, owner_id, words, options, deadline,
                      default_option, proposal, safety, asked_at, notice_id, mail_at, state,
                      chosen, settled_at)
select id, case_id, run_id, key, asks, owner_id, words, options::jsonb, deadline, default_option,
       proposal::jsonb, safety, asked_at, notice_id, mail_at, state, chosen, settled_at
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::text[],
            $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::boolean[],
            $13::timestamptz[], $14::uuid[], $15::timestamptz[], $16::text[], $17::text[],
            $18::timestamptz[])
    as t (id, case_id, run_id, key, asks, owner_id, words, options, deadline, default_option,
          proposal, safety, asked_at, notice_id, mail_at, state, chosen, settled_at)
"""
_SETTLE = """
update decision d
set state = t.state, chosen = t.chosen, by_kind = t.by_kind, by_id = t.by_id,
    settled_at = t.settled_at
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    as t (id, state, chosen, by_kind, by_id, settled_at)
where d.id = t.id
"""
_NOTICES_OF_CASE = "select notice_id from decision where case_id = $1 and state = 'open'"
_DUE = """
select id, notice_id from decision where state = 'open' and deadline <= $1
order by deadline, id limit $2
"""
_LOCK_OPEN = """
select * from decision where id = any($1) and state = 'open' order by id for update skip locked
"""
_MAILED = """
select distinct on (owner_id) owner_id, notice_id, mail_at from decision
where owner_id = any($1) and asks = 'owner' and state = 'open' and not safety and mail_at > $2
order by owner_id, mail_at desc
"""
_LOCK_SPENT = """
insert into attention_spent (owner_id, week, asked)
select owner_id, week, 0 from unnest($1::uuid[], $2::date[]) as t (owner_id, week)
order by owner_id, week
on conflict (owner_id, week) do update set asked = attention_spent.asked
returning owner_id, week, asked
"""
_ATTENTION_OF = """
select owner_id, coalesce(c.questions, s.questions) as questions
from unnest($1::uuid[]) as t (owner_id)
left join attention_chosen c using (owner_id)
left join attention_setting s on true
"""
_SPEND = """
update attention_spent s set asked = t.asked
from unnest($1::uuid[], $2::date[], $3::integer[]) as t (owner_id, week, asked)
where s.owner_id = t.owner_id and s.week = t.week
"""


async def insert(tx: Transaction, decisions: Sequence[Decision]) -> None:
    rows = [
        (
            one.question.id,
            one.question.case_id,
            one.question.run_id,
            one.question.key,
            one.question.to.value,
            one.question.owner_id,
            one.question.words,
            json(one.question.options),
            one.question.deadline,
            one.question.default,
            json(one.question.proposal) if one.question.proposal else None,
            one.question.safety,
            one.asked_at,
            one.notice_id,
            one.mail_at,
            one.state.value,
            one.chosen,
            one.settled_at,
        )
        for one in decisions
    ]
    await tx.execute(_INSERT, *columns(rows))


def _decision(row: Row) -> Decision:
    question = Question(
        id=row["id"],
        case_id=row["case_id"],
        run_id=row["run_id"],
        key=row["key"],
        to=To(row["asks"]),
        owner_id=row["owner_id"],
        words=row["words"],
        options=tuple(Option(**option) for option in row["options"]),
        deadline=row["deadline"],
        default=row["default_option"],
        safety=row["safety"],
        proposal=_proposal(row["proposal"]),
    )
    return Decision(
        question=question,
        state=State(row["state"]),
        asked_at=row["asked_at"],
        notice_id=row["notice_id"],
        mail_at=row["mail_at"],
        chosen=row["chosen"],
        by=Recipient(To(row["by_kind"]), row["by_id"]) if row["by_kind"] else None,
        settled_at=row["settled_at"],
    )


def _proposal(data: dict[str, Any] | None) -> Proposal | None:
    if data is None:
        return None
    at = datetime.fromisoformat(data["at"]) if data["at"] else None
    costs = tuple(
        Cost(Money(**one["amount"]), Payer(one["payer"]), one.get("agreed", False))
        for one in data["costs"]
    )
    return Proposal(**{**data, "at": at, "costs": costs})


async def notice_of(tx: Transaction, decision: UUID) -> UUID | None:
    found: UUID | None = await tx.fetchval("select notice_id from decision where id = $1", decision)
    return found


async def notices_of_case(tx: Transaction, case_id: UUID) -> list[UUID | None]:
    """Of each open question of the case the notice, if it has one."""
    return [row["notice_id"] for row in await tx.fetch(_NOTICES_OF_CASE, case_id)]


async def due(tx: Transaction, now: datetime, most: int) -> list[tuple[UUID, UUID | None]]:
    """Of each question that nobody answered in time its id, and its notice if it has one."""
    return [(row["id"], row["notice_id"]) for row in await tx.fetch(_DUE, now, most)]


async def lock(tx: Transaction, decision: UUID) -> Decision | None:
    row = await tx.fetchrow("select * from decision where id = $1 for update", decision)
    return _decision(row) if row else None


async def lock_open(tx: Transaction, ids: Sequence[UUID]) -> list[Decision]:
    """Of these what is still open, and nobody else holds."""
    return [_decision(row) for row in await tx.fetch(_LOCK_OPEN, list(ids))]


async def lock_open_of_case(tx: Transaction, case_id: UUID) -> list[Decision]:
    rows = await tx.fetch(
        "select * from decision where case_id = $1 and state = 'open' order by id for update",
        case_id,
    )
    return [_decision(row) for row in rows]


async def settle(tx: Transaction, decisions: Sequence[Decision]) -> None:
    await tx.execute(
        _SETTLE,
        [one.question.id for one in decisions],
        [one.state.value for one in decisions],
        [one.chosen for one in decisions],
        [one.by.kind.value if one.by else None for one in decisions],
        [one.by.id if one.by else None for one in decisions],
        [one.settled_at for one in decisions],
    )


async def get(tx: Transaction, decision: UUID) -> Decision | None:
    row = await tx.fetchrow("select * from decision where id = $1", decision)
    return _decision(row) if row else None


async def of_case(tx: Transaction, case_id: UUID, most: int) -> list[Decision]:
    rows = await tx.fetch(
        "select * from (select * from decision where case_id = $1"
        " order by state = 'open' desc, asked_at desc"
        " limit $2) newest order by asked_at",
        case_id,
        most,
    )
    return [_decision(row) for row in rows]


async def mailed(
    tx: Transaction, owners: Sequence[UUID], since: datetime
) -> list[tuple[UUID, UUID, datetime]]:
    """Of each owner the newest mail after `since` with an open question that is not for safety:
    the notice, and when it is first sent.
    """
    rows = await tx.fetch(_MAILED, list(owners), since)
    return [(row["owner_id"], row["notice_id"], row["mail_at"]) for row in rows]


async def open_of_notices(tx: Transaction, notice_ids: Sequence[UUID]) -> list[Decision]:
    rows = await tx.fetch(
        "select * from decision where notice_id = any($1) and state = 'open' order by asked_at, id",
        list(notice_ids),
    )
    return [_decision(row) for row in rows]


async def open_for_owner(tx: Transaction, owner_id: UUID, most: int) -> list[Decision]:
    rows = await tx.fetch(
        "select * from decision where owner_id = $1 and asks = 'owner' and state = 'open'"
        " order by asked_at limit $2",
        owner_id,
        most,
    )
    return [_decision(row) for row in rows]


async def open_for_staff(tx: Transaction) -> list[Decision]:
    rows = await tx.fetch(
        "select * from decision where asks = 'staff' and state = 'open' order by asked_at"
    )
    return [_decision(row) for row in rows]


async def lock_spent(
    tx: Transaction, keys: Sequence[tuple[UUID, date]]
) -> dict[tuple[UUID, date], int]:
    """The questions asked already, by owner and week. Holds the rows: who asks the same owner at
    the same time waits.
    """
    rows = await tx.fetch(_LOCK_SPENT, [owner for owner, _ in keys], [week for _, week in keys])
    return {(row["owner_id"], row["week"]): row["asked"] for row in rows}


async def spend(tx: Transaction, asked: Mapping[tuple[UUID, date], int]) -> None:
    await tx.execute(
        _SPEND,
        [owner for owner, _ in asked],
        [week for _, week in asked],
        list(asked.values()),
    )


async def spent(tx: Transaction, owner_id: UUID, week: date) -> int:
    found = await tx.fetchval(
        "select asked from attention_spent where owner_id = $1 and week = $2", owner_id, week
    )
    return found or 0


async def attention_of(tx: Transaction, owners: Collection[UUID]) -> dict[UUID, int | None]:
    rows = await tx.fetch(_ATTENTION_OF, list(owners))
    return {row["owner_id"]: row["questions"] for row in rows}


async def choose_attention(tx: Transaction, owner_id: UUID, questions: int | None) -> None:
    if questions is None:
        await tx.execute("delete from attention_chosen where owner_id = $1", owner_id)
        return
    await tx.execute(
        "insert into attention_chosen (owner_id, questions) values ($1, $2)"
        " on conflict (owner_id) do update set questions = excluded.questions",
        owner_id,
        questions,
    )


async def attention(tx: Transaction) -> int | None:
    value: int | None = await tx.fetchval("select questions from attention_setting")
    return value


async def set_attention(tx: Transaction, questions: int) -> None:
    await tx.execute(
        "insert into attention_setting (questions) values ($1)"
        " on conflict (single) do update set questions = excluded.questions",
        questions,
    )


async def erase(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    await tx.execute(_ERASE, list(case_ids))
