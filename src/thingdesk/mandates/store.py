from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from thingdesk.mandates import data
from thingdesk.mandates.action import Action, Approval, Entitlement, Policy, PolicyVersion
from thingdesk.mandates.model import Mandate, Terms
from thingdesk.mandates.money_store import Spending, spending
from thingdesk.platform import ids
from thingdesk.platform.database import Row, Transaction

_POLICY = "select p.content from policy p order by p.version desc limit 1"
_MANDATE = """
select jsonb_build_object('id', m.id, 'version', m.version, 'terms', v.terms,
                          'granted_at', v.granted_at, 'revoked_at', m.revoked_at)
from mandate m join mandate_version v on v.mandate_id = m.id and v.version = m.version
where m.owner_id = $1
"""
# one round trip for all that many verdicts rest on
_KNOWN = f"""
select ({_MANDATE.replace("$1", "t.owner_id")}) as mandate,
       (select jsonb_agg(to_jsonb(e)) from entitlement e
        where e.machine = t.machine and (e.ends is null or e.ends > $5)) as entitlements,
       (select to_jsonb(s) from spending s where s.effect_id = t.effect_id) as earlier,
       (select a.effect_id from approval_use a where a.decision_id = t.decision_id) as used_by
from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) with ordinality
    as t (owner_id, machine, effect_id, decision_id, n)
order by t.n
"""  # noqa: S608 - of constants
# what begins or ends by itself changes at that moment what may be done
_CHANGED_AT = """
select (
    select max(change.at) from (
        select unnest(array[v.granted_at, m.revoked_at, (v.terms ->> 'begins')::timestamptz,
                            (v.terms ->> 'ends')::timestamptz])
        from mandate m join mandate_version v on v.mandate_id = m.id and v.version = m.version
        where m.owner_id = t.owner_id
        union all
        select unnest(array[v.granted_at, g.revoked_at, (v.terms ->> 'begins')::timestamptz,
                            (v.terms ->> 'ends')::timestamptz])
        from mandate_given g
        join mandate_version v on v.mandate_id = g.id and v.version = g.version
        where g.owner_id = t.owner_id and g.parent is null
        union all
        select unnest(array[e.added_at, e.begins, e.ends]) from entitlement e
        where e.machine = t.machine
        union all
        select p.set_at from policy p
    ) change (at) where change.at <= $3
) as at
from unnest($1::uuid[], $2::text[]) with ordinality as t (owner_id, machine, n)
order by t.n
"""
_MANDATES = f"""
select t.owner_id, ({_MANDATE.replace("$1", "t.owner_id")}) as mandate
from unnest($1::uuid[]) as t (owner_id)
"""  # noqa: S608 - of constants
_GRANT = """
insert into mandate as m (id, owner_id, version) values ($1, $2, 1)
on conflict (owner_id) do update
set version = m.version + 1, revoked_at = null, reason = null
where $3::text is null
   or $3 = m.version || case when m.revoked_at is null then '' else ' revoked' end
returning id, version
"""
# a grant that is not committed yet has no row that a revocation could see: the two take turns
_TAKE_TURNS = "select pg_advisory_xact_lock(hashtextextended('mandate ' || $1::text, 0))"
_REVOKE = """
update mandate set revoked_at = $2, reason = $3
where owner_id = $1 and revoked_at is null and ($4::uuid is null or id = $4)
returning id, version
"""
_ADD_ENTITLEMENT = """
insert into entitlement (id, kind, machine, reference, content, begins, ends, added_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (machine, kind, reference) do nothing
returning true
"""
_END_ENTITLEMENT = """
update entitlement set ends = $2 where id = $1 and (ends is null or ends > $2) returning machine
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about an action."""

    mandate: Mandate | None
    entitlements: tuple[Entitlement, ...]
    earlier: Spending | None
    approval_used_by: UUID | None


async def known(
    tx: Transaction, asked: Sequence[tuple[Action, Approval | None]], now: datetime
) -> list[Known]:
    """What is stored about each action and its approval, in order."""
    rows = await tx.fetch(
        _KNOWN,
        [action.owner_id for action, _ in asked],
        [action.machine for action, _ in asked],
        [action.effect_id for action, _ in asked],
        [approval.decision_id if approval else None for _, approval in asked],
        now,
    )
    return [_known(action.owner_id, row) for (action, _), row in zip(asked, rows, strict=True)]


def _known(owner_id: UUID | None, row: Row) -> Known:
    found, earlier = row["mandate"], row["earlier"]
    return Known(
        mandate=data.mandate(owner_id, found) if found and owner_id else None,
        entitlements=tuple(data.entitlement(one) for one in row["entitlements"] or ()),
        earlier=spending(earlier) if earlier else None,
        approval_used_by=row["used_by"],
    )


async def changed_at(
    tx: Transaction, of: Sequence[tuple[UUID | None, str]], now: datetime
) -> list[datetime | None]:
    rows = await tx.fetch(
        _CHANGED_AT, [owner for owner, _ in of], [machine for _, machine in of], now
    )
    return [row["at"] for row in rows]


async def take_turns(tx: Transaction, owner_id: UUID) -> None:
    """Until `tx` ends nobody else grants or revokes this owner's mandate."""
    await tx.execute(_TAKE_TURNS, str(owner_id))


async def grant(tx: Transaction, owner_id: UUID, seen: str | None) -> tuple[UUID, int] | None:
    """The id and version of the standing mandate; None when another one stands than was `seen`."""
    row = await tx.fetchrow(_GRANT, ids.new(), owner_id, seen)
    return (row["id"], row["version"]) if row else None


async def add_version(
    tx: Transaction, named: tuple[UUID, int], terms: Terms, at: datetime, signed: str
) -> None:
    await tx.execute(
        "insert into mandate_version (mandate_id, version, terms, granted_at, signed)"
        " values ($1, $2, $3, $4, $5)",
        *named,
        data.as_data(terms),
        at,
        signed,
    )


async def versions(tx: Transaction, mandate_id: UUID) -> list[tuple[int, datetime, str | None]]:
    rows = await tx.fetch(
        "select version, granted_at, signed from mandate_version where mandate_id = $1"
        " order by version desc",
        mandate_id,
    )
    return [(row["version"], row["granted_at"], row["signed"]) for row in rows]


async def revoke(
    tx: Transaction, owner_id: UUID, at: datetime, reason: str, mandate_id: UUID | None
) -> tuple[UUID, int] | None:
    row = await tx.fetchrow(_REVOKE, owner_id, at, reason, mandate_id)
    return (row["id"], row["version"]) if row else None


async def mandate_of(tx: Transaction, owner_id: UUID) -> Mandate | None:
    found = await tx.fetchval(_MANDATE, owner_id)
    return data.mandate(owner_id, found) if found else None


async def mandates_of(tx: Transaction, owners: Collection[UUID]) -> dict[UUID, Mandate]:
    rows = await tx.fetch(_MANDATES, list(owners))
    return {
        row["owner_id"]: data.mandate(row["owner_id"], row["mandate"])
        for row in rows
        if row["mandate"]
    }


async def add_entitlement(tx: Transaction, new: Entitlement, at: datetime) -> bool:
    """Whether it was new."""
    return bool(
        await tx.fetchval(
            _ADD_ENTITLEMENT,
            new.id,
            new.kind.value,
            new.machine,
            new.reference,
            data.entitlement_content(new),
            new.begins,
            new.ends,
            at,
        )
    )


async def end_entitlement(tx: Transaction, entitlement_id: UUID, at: datetime) -> str | None:
    """The machine whose entitlement ends by this."""
    machine: str | None = await tx.fetchval(_END_ENTITLEMENT, entitlement_id, at)
    return machine


async def entitlements_of(tx: Transaction, machine: str, most: int) -> list[Entitlement]:
    rows = await tx.fetch(
        "select * from (select * from entitlement where machine = $1"
        " order by coalesce(ends, 'infinity') desc, id desc limit $2) newest order by id",
        machine,
        most,
    )
    return [data.entitlement(row) for row in rows]


async def policy(tx: Transaction) -> Policy:
    return data.policy(await tx.fetchval(_POLICY) or {})


async def policies(tx: Transaction, most: int) -> list[PolicyVersion]:
    rows = await tx.fetch(
        "select version, content, set_at, set_by from policy order by version desc limit $1", most
    )
    return [
        PolicyVersion(row["version"], data.policy(row["content"]), row["set_at"], row["set_by"])
        for row in rows
    ]


async def lock_policy(tx: Transaction) -> None:
    await tx.execute("lock table policy in share row exclusive mode")


async def policy_version(tx: Transaction) -> int:
    found: int = await tx.fetchval("select coalesce(max(version), 0) from policy")
    return found


async def set_policy(tx: Transaction, new: Policy, at: datetime, by: UUID | None) -> int:
    """The version that it is; the caller holds the table."""
    version: int = await tx.fetchval(
        "insert into policy select coalesce(max(version), 0) + 1, $1, $2, $3 from policy"
        " returning version",
        data.as_data(new),
        at,
        by,
    )
    return version
