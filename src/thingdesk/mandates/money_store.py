from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from thingdesk.mandates.model import Action, Payer, Verdict
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money

_LOCK = """
insert into budget as b (scope, currency, spent)
select scope, $2, 0 from unnest($1::text[]) as t (scope) order by scope
on conflict (scope, currency) do update set spent = b.spent
returning scope, spent
"""
_RESERVE = """
with kept as (
    insert into spending as s
        (effect_id, action_hash, case_id, owner_id, payer, minor, currency, state, scopes,
         code, reason, mandate_id, mandate_version, reserved_at)
    values ($1, $2, $3, $4, $5, $6, $7, 'reserved', $8, $9, $10, $11, $12, $13)
    on conflict (effect_id) do update
    set action_hash = excluded.action_hash, payer = excluded.payer, minor = excluded.minor,
        currency = excluded.currency, state = 'reserved', scopes = excluded.scopes,
        code = excluded.code, reason = excluded.reason, mandate_id = excluded.mandate_id,
        mandate_version = excluded.mandate_version, reserved_at = excluded.reserved_at,
        ended_at = null
    where s.state = 'released'
    returning minor
), charged as (
    update budget b set spent = b.spent + kept.minor from kept
    where b.scope = any($8) and b.currency = $7
)
select exists (select from kept)
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


async def lock_budgets(tx: Transaction, scopes: Sequence[str], currency: str) -> dict[str, int]:
    """What is spent in each scope; nobody else can spend there before `tx` ends."""
    rows = await tx.fetch(_LOCK, list(scopes), currency)
    return {row["scope"]: row["spent"] for row in rows}


async def budgets(tx: Transaction, scopes: Sequence[str]) -> dict[tuple[str, str], int]:
    rows = await tx.fetch(
        "select scope, currency, spent from budget where scope = any($1)", list(scopes)
    )
    return {(row["scope"], row["currency"]): row["spent"] for row in rows}


async def reserve(
    tx: Transaction,
    action: Action,
    verdict: Verdict,
    scopes: Sequence[str],
    at: datetime,
) -> bool:
    """Reserve the amount in all scopes, which are locked; False if the effect has it already."""
    amount = action.amount
    if amount is None:
        raise ValueError("nothing costs nothing: there is no amount to reserve")
    return bool(
        await tx.fetchval(
            _RESERVE,
            action.effect_id,
            action.hash,
            action.case_id,
            action.owner_id,
            verdict.payer.value,
            amount.minor,
            amount.currency,
            list(scopes),
            verdict.code,
            verdict.reason,
            verdict.mandate_id,
            verdict.mandate_version,
            at,
        )
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
