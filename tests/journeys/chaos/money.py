"""The sums: money, parts, and proofs. Checks like those beside it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import groupby

from tests.journeys.chaos.pack import HOLD, PART, SAMPLES, WELL
from tests.journeys.chaos.records import Records
from tests.journeys.chaos.world import OWNERS, PROVIDERS

from thingdesk.platform.database import Transaction

_EVER = datetime.max.replace(tzinfo=UTC)


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
    """Whatever the desk's clocks said: after the work, as its provider wrote down, and before it
    heard that the case has ended, the machine wrote down that it was well, often and for long
    enough, and all that is stored. No case is verified without a proof.
    """
    rows = await tx.fetch(
        "select c.id, c.subject, c.service, j.id as job"
        " from desk_case c left join verification v on v.case_id = c.id and v.proven"
        " left join job j on j.run_id = v.run_id and j.state = 'done'"
        " where c.outcome = 'verified'"
    )
    stored = {tuple(row.values()) for row in await tx.fetch("select machine, event_id from signal")}
    sent = [one for one in records.of("sent") if (one["who"], one["event"]) in stored]
    for row in rows:
        metric = "heat" if row["service"] == "chaos.cool" else "noise"
        begun, ended = _from_work_to_end(records, str(row["job"]), str(row["id"]))
        said = [
            (one["at"], one[metric])
            for one in sent
            if one["who"] == row["subject"] and begun < one["at"] < ended
        ]
        if not _prove(said, ended):
            yield f"case {row['id']} is verified; from {begun} to {ended} it said {said}"


def _from_work_to_end(records: Records, job: str, case: str) -> tuple[datetime, datetime]:
    """In the time of who did the one and heard of the other."""
    begun = [one["at"] for one in records.of("mended") if one["job"] == job]
    after = begun[0] if begun else _EVER
    ends = [
        one["at"]
        for one in records.of("noticed")
        if one["case"] == case and one["kind"] == "case.ended" and one["at"] > after
    ]
    return after, min(ends, default=_EVER)


def _prove(said: list[tuple[datetime, float]], ended: datetime) -> bool:
    """Whether enough of them on end are good, and the first of these is from long enough before."""
    runs = (list(run) for well, run in groupby(said, lambda one: one[1] <= WELL) if well)
    return any(len(run) >= SAMPLES and ended - run[0][0] >= HOLD for run in runs)
