"""The sums: money, parts, and proofs. Checks like those beside it."""

from collections.abc import AsyncIterator

from tests.journeys.chaos.pack import PART, SAMPLES, WELL
from tests.journeys.chaos.records import Records
from tests.journeys.chaos.world import OWNERS, PROVIDERS

from thingdesk.platform.database import Transaction


async def money_adds_up(tx: Transaction, _: Records) -> AsyncIterator[str]:
    """Each budget is what is reserved and settled within it; nothing is reserved for what ended."""
    rows = await tx.fetch(
        "select b.scope, b.spent, coalesce(sum(s.minor), 0) as kept from budget b"
        " left join spending s on b.scope = any(s.scopes) and s.currency = b.currency"
        " and s.state in ('reserved', 'settled')"
        " group by b.scope, b.currency, b.spent having b.spent <> coalesce(sum(s.minor), 0)"
    )
    for row in rows:
        yield f"{row['scope']} says {row['spent']} and its spendings are {row['kept']}"
    rows = await tx.fetch(
        "select s.effect_id, s.state, s.minor, e.state as effect, e.minor as amount"
        " from spending s left join effect e on e.id = s.effect_id"
        " where s.state = 'reserved' or s.minor is distinct from e.minor"
        "  or (s.state = 'settled') <> (e.state = 'done')"
    )
    for row in rows:
        yield f"spending {dict(row)} does not fit its effect"
    rows = await tx.fetch(
        "select id, name, state from effect e where state = 'done' and minor > 0"
        " and not exists (select from spending where effect_id = e.id and state = 'settled')"
    )
    for row in rows:
        yield f"{row['name']} {row['id']} was done and not paid"


async def no_budget_is_overspent(tx: Transaction, _: Records) -> AsyncIterator[str]:
    """What nobody approved stays within what the mandate gives; the strict owner pays nothing."""
    rows = await tx.fetch(
        "select o.name, sum(s.minor) as spent from spending s join owner o on o.id = s.owner_id"
        " where s.state <> 'released'"
        " and not exists (select from approval_use where effect_id = s.effect_id)"
        " group by o.name"
    )
    spent = {row["name"]: int(row["spent"]) for row in rows}
    for name, terms in OWNERS.items():
        most = terms.per_period.minor if terms and terms.per_period else 0
        if spent.get(name, 0) > most:
            yield f"{name} permits {most} and spent {spent[name]} unasked"
    if "strict" in {
        row["name"]
        for row in await tx.fetch(
            "select o.name from spending s join owner o on o.id = s.owner_id"
            " where s.state = 'settled'"
        )
    }:
        yield "strict approves nothing and paid"


async def parts_add_up(tx: Transaction, _: Records) -> AsyncIterator[str]:
    rows = await tx.fetch(
        "select p.name, s.quantity as free,"
        " coalesce(sum(r.quantity) filter (where r.state = 'used'), 0) as used,"
        " coalesce(sum(r.quantity) filter (where r.state = 'reserved'), 0) as reserved"
        " from part_stock s join provider p on p.id = s.provider"
        " left join part_reservation r on r.provider = s.provider and r.part = s.part"
        " where s.part = $1 group by p.name, s.quantity",
        PART,
    )
    for row in rows:
        if row["free"] + row["used"] != PROVIDERS[row["name"]] or row["reserved"]:
            yield f"{dict(row)} of {PROVIDERS[row['name']]}"


async def verified_is_proven(tx: Transaction, records: Records) -> AsyncIterator[str]:
    """Each proof lies between its work and its end, and all that the machine wrote down of itself
    in that time is stored and good, often enough. No case is verified without one.
    """
    said = {(one["who"], one["event"]): one for one in records.of("sent")}
    rows = await tx.fetch(
        "select c.id, c.subject, c.service, v.settled_at,"
        " (v.progress->>'since')::timestamptz as since,"
        " (v.progress->>'last')::timestamptz as last, (j.reached->>'done')::timestamptz as done"
        " from desk_case c left join verification v on v.case_id = c.id and v.proven"
        " left join job j on j.run_id = v.run_id and j.state = 'done'"
        " where c.outcome = 'verified'"
    )
    for row in rows:
        if row["done"] is None or not row["done"] < row["since"] <= row["last"] < row["settled_at"]:
            yield f"case {row['id']} is verified without a proof after its work: {dict(row)}"
            continue
        metric = "heat" if row["service"] == "chaos.cool" else "noise"
        stored = await tx.fetch(
            "select event_id from signal where machine = $1 and at between $2 and $3",
            row["subject"],
            row["since"],
            row["last"],
        )
        values = [said[row["subject"], one["event_id"]][metric] for one in stored]
        if len(values) < SAMPLES or max(values) > WELL:
            yield f"case {row['id']} is verified, and {row['subject']} said {values}"
