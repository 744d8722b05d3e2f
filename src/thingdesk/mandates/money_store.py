from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.mandates.action import Action, Verdict
from thingdesk.mandates.budget import CASES
from thingdesk.mandates.model import Payer
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money

_LOCK = """
insert into budget as b (scope, currency, spent)
select scope, currency, 0 from unnest($1::text[], $2::text[]) as t (scope, currency)
order by scope, currency
on conflict (scope, currency) do update set spent = b.spent
returning scope, currency, spent
"""
_RESERVE = """
with kept as (
    insert into spending as s
        (effect_id, action_hash, case_id, owner_id, payer, minor, currency, state, scopes,
         code, reason, mandate_id, mandate_version, reserved_at)
    select effect_id, action_hash, case_id, owner_id, payer, minor, currency, 'reserved',
           string_to_array(scopes, ' '), code, reason, mandate_id, mandate_version, $13
    from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::bigint[],
                $7::text[], $8::text[], $9::text[], $10::text[], $11::uuid[], $12::integer[])
        as t (effect_id, action_hash, case_id, owner_id, payer, minor, currency, scopes, code,
              reason, mandate_id, mandate_version)
    order by effect_id
    on conflict (effect_id) do update
    set action_hash = excluded.action_hash, payer = excluded.payer, minor = excluded.minor,
        currency = excluded.currency, state = 'reserved', scopes = excluded.scopes,
        code = excluded.code, reason = excluded.reason, mandate_id = excluded.mandate_id,
        mandate_version = excluded.mandate_version, reserved_at = excluded.reserved_at,
        ended_at = null
    where s.state = 'released'
    returning effect_id, minor, currency, scopes
), charged as (
    update budget b set spent = b.spent + t.minor
    from (select scope, currency, sum(minor)::bigint as minor
          from kept, unnest(kept.scopes) as s (scope) group by scope, currency) t
    where b.scope = t.scope and b.currency = t.currency
)
select effect_id from kept
"""
_HOLD = """
with held as materialized (
    select scopes, currency from spending
    where effect_id = any($1) and state = 'reserved' order by effect_id for update
)
select from budget b
where (b.scope, b.currency) in (select unnest(scopes), currency from held)
order by b.scope, b.currency for update of b
"""
_GIVE_BACK = """
with locked as (
    select scope from budget where scope = any($1) and currency = $2 order by scope for update
)
update budget b set spent = b.spent - $3 from locked
where b.scope = locked.scope and b.currency = $2
"""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was reserved or settled for an effect."""

    effect_id: UUID
    action_hash: str
    case_id: UUID
    payer: Payer
    amount: Money
    state: str
    scopes: tuple[str, ...]
    code: str
    reason: str
    mandate_id: UUID | None
    mandate_version: int | None


def spending(row: Mapping[str, Any]) -> Spending:
    mandate_id = row["mandate_id"]
    return Spending(
        UUID(str(row["effect_id"])),
        row["action_hash"],
        UUID(str(row["case_id"])),
        Payer(row["payer"]),
        Money(row["minor"], row["currency"]),
        row["state"],
        tuple(row["scopes"]),
        row["code"],
        row["reason"],
        UUID(str(mandate_id)) if mandate_id else None,
        row["mandate_version"],
    )


async def lock_budgets(
    tx: Transaction, wanted: Collection[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """What is spent in each (scope, currency); nobody else can spend there before `tx` ends."""
    if not wanted:
        return {}
    rows = await tx.fetch(_LOCK, [scope for scope, _ in wanted], [unit for _, unit in wanted])
    return {(row["scope"], row["currency"]): row["spent"] for row in rows}


async def budgets(tx: Transaction, scopes: Sequence[str]) -> dict[tuple[str, str], int]:
    rows = await tx.fetch(
        "select scope, currency, spent from budget where scope = any($1)", list(scopes)
    )
    return {(row["scope"], row["currency"]): row["spent"] for row in rows}


@dataclass(frozen=True, slots=True)
class Charge:
    """What an action's `amount` is reserved for, on which verdict, and from which budgets."""

    action: Action
    amount: Money
    verdict: Verdict
    scopes: Sequence[str]


async def reserve(tx: Transaction, charges: Sequence[Charge], at: datetime) -> set[UUID]:
    """Reserve each amount in all its scopes, which are locked; the ids of the effects for which
    that was done, without those that have it already.
    """
    if not charges:
        return set()
    rows = await tx.fetch(_RESERVE, *zip(*map(_row, charges), strict=True), at)
    return {row["effect_id"] for row in rows}


async def count_cases(tx: Transaction, scopes: Sequence[str]) -> None:
    """One more in each of these budgets that count cases, which are locked."""
    if scopes:
        await tx.execute(
            "update budget b set spent = b.spent + t.more"
            " from (select scope, count(*) as more from unnest($1::text[]) as s (scope)"
            " group by scope) t where b.scope = t.scope and b.currency = $2",
            list(scopes),
            CASES,
        )


def _row(one: Charge) -> tuple[Any, ...]:
    action, verdict = one.action, one.verdict
    return (
        action.effect_id,
        action.hash,
        action.case_id,
        action.owner_id,
        verdict.payer.value,
        one.amount.minor,
        one.amount.currency,
        " ".join(one.scopes),
        verdict.code,
        verdict.reason,
        verdict.mandate_id,
        verdict.mandate_version,
    )


async def use_approval(tx: Transaction, decision_id: UUID, effect_id: UUID, at: datetime) -> bool:
    """Whether the approval was free, or was used for this very effect."""
    await tx.execute(
        "insert into approval_use values ($1, $2, $3) on conflict do nothing",
        decision_id,
        effect_id,
        at,
    )
    found = await tx.fetchval(
        "select effect_id from approval_use where decision_id = $1", decision_id
    )
    return bool(found == effect_id)


async def hold(tx: Transaction, effect_ids: Sequence[UUID]) -> None:
    await tx.execute(_HOLD, list(effect_ids))


async def lock_spending(tx: Transaction, effect_id: UUID) -> Spending | None:
    row = await tx.fetchrow("select * from spending where effect_id = $1 for update", effect_id)
    return spending(row) if row else None


async def end_spending(
    tx: Transaction, spending: Spending, state: str, minor: int, at: datetime
) -> None:
    """The effect cost `minor`; the rest goes back to where it was reserved."""
    await tx.execute(
        "update spending set state = $2, minor = $3, ended_at = $4 where effect_id = $1",
        spending.effect_id,
        state,
        minor,
        at,
    )
    amount = spending.amount
    left = amount.minor - (minor if state == "settled" else 0)
    if left and spending.scopes:
        await tx.execute(_GIVE_BACK, list(spending.scopes), amount.currency, left)
