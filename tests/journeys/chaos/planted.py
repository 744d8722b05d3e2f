"""A violation of each kind, planted into what a course has left behind: its check must see it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from tests.journeys.chaos import checks, money
from tests.journeys.chaos.checks import Check
from tests.journeys.chaos.records import Records

from thingdesk.platform.database import Database


def _one(table: str, which: str, key: str) -> str:
    return f"where {key} in (select {key} from {table} where {which} limit 1)"


def _less(table: str, which: str = "true", key: str = "id") -> str:
    """Without one of the rows."""
    return f"delete from {table} {_one(table, which, key)}"


def _other(table: str, change: str, which: str = "true", key: str = "id") -> str:
    """With one of the rows changed."""
    return f"update {table} set {change} {_one(table, which, key)}"


def _copy(table: str, which: str = "true", **other: str) -> str:
    """With one of the rows once more, under another id and whatever else is other."""
    changes = ", ".join(f"'{name}', {value}" for name, value in other.items())
    changed = f"jsonb_build_object('id', gen_random_uuid(){', ' if other else ''}{changes})"
    return (
        f"insert into {table} select (jsonb_populate_record(t, {changed})).*"
        f" from {table} t {_one(table, which, 'id')}"
    )


_SIGNAL = (
    "insert into signal (shard, machine, event_id, at, trusted, received_at, values)"
    " select shard, machine, {event}, at, trusted, received_at, values from signal limit 1"
)
_PROVEN = (
    "run_id in (select v.run_id from verification v join desk_case c on c.id = v.case_id"
    " where v.proven and c.outcome = 'verified')"
)
_ONE_TURN = "(select count(*) from journey j where j.case_id = notice.case_id) = 1"
IN_TABLES: tuple[tuple[Check, str], ...] = (
    (checks.acknowledged_is_stored, _less("signal", key="event_id")),
    (checks.acknowledged_is_stored, _SIGNAL.format(event="event_id")),
    (
        checks.acknowledged_is_stored,
        "delete from desk_case where id in (select case_id from report)",
    ),
    (checks.acknowledged_is_stored, _other("command", "detail = null", "state = 'done'")),
    (checks.sent_has_arrived, _SIGNAL.format(event="'never'")),
    (
        checks.one_case_a_problem,
        "drop index desk_case_one_open_an_owner; " + _copy("desk_case", "outcome = 'verified'"),
    ),
    (
        checks.no_effect_twice,
        "alter table effect drop constraint effect_journey_id_step_key; " + _copy("effect"),
    ),
    (checks.no_effect_twice, _copy("effect", "state = 'done'", step="1000")),
    (checks.no_effect_twice, _copy("job")),
    (checks.no_job_twice, _other("job", "state = 'cancelled'", "state = 'done'")),
    (checks.no_job_twice, _less("job")),
    (checks.no_command_twice, _copy("command")),
    (checks.no_command_twice, _less("command", "state = 'done'")),
    (checks.one_id_a_notice, _copy("notice", "kind = 'chaos.begun'")),
    (checks.one_id_a_notice, _copy("notice", f"to_kind = 'owner' and {_ONE_TURN}")),
    (checks.one_id_a_notice, _less("notice", "kind = 'chaos.begun'")),
    (
        checks.one_id_a_notice,
        _other("notice", "state = 'open', settled_at = null", "to_kind = 'machine'"),
    ),
    (checks.nothing_hangs, _other("durable_run", "state = 'stuck'")),
    (checks.nothing_hangs, _other("journey", "ended_at = null")),
    (checks.nothing_hangs, _copy("desk_case")),
    (checks.nothing_hangs, "insert into durable_message values (gen_random_uuid(), 'x', null)"),
    (checks.no_finding_missed, "delete from finding"),
    (checks.no_finding_missed, _copy("finding", "cleared_at is not null")),
    (checks.no_finding_missed, "update finding set opened_at = opened_at - interval '1 ms'"),
    (checks.chains_hold, _other("timeline_event", "kind = 'x'", key="stream || seq")),
    (checks.chains_hold, _less("timeline_event", "stream like 'case:%'", key="stream || seq")),
    (money.money_adds_up, "update budget set spent = spent + 1"),
    (
        money.money_adds_up,
        _other("spending", "state = 'reserved'", "state = 'settled'", key="effect_id"),
    ),
    (money.money_adds_up, _less("spending", "state = 'settled'", key="effect_id")),
    (money.no_budget_is_overspent, "update spending set minor = 1000000000, state = 'settled'"),
    (
        money.no_budget_is_overspent,
        "update spending set owner_id = (select id from owner where name = 'strict')",
    ),
    (money.parts_add_up, "update part_stock set quantity = quantity + 1"),
    (money.parts_add_up, _other("part_reservation", "state = 'reserved'", "state = 'used'")),
    (money.verified_is_proven, "delete from signal"),
    (money.verified_is_proven, "update verification set proven = false"),
    (
        money.verified_is_proven,
        _other("job", "state = 'cancelled'", f"state = 'done' and {_PROVEN}"),
    ),
)


def _again(what: str) -> Callable[[Records], Records]:
    return lambda records: replace(records, notes=(*records.notes, next(records.of(what))))


def _lost(records: Records) -> Records:
    machine = next(iter(records.events))
    return replace(records, events=records.events | {machine: records.events[machine][1:]})


def _waiting(records: Records) -> Records:
    machine, (first, *others) = next(iter(records.events.items()))
    waits = replace(first, topic="signals", ending=None)
    return replace(records, events=records.events | {machine: (waits, *others)})


def _other_case(records: Records) -> Records:
    other = {**next(records.of("receipted")), "case": "another"}
    return replace(records, notes=(*records.notes, other))


def _other_message(records: Records) -> Records:
    other = {**next(records.of("job.offered")), "message": "another"}
    return replace(records, notes=(*records.notes, other))


def _never_well(records: Records) -> Records:
    bad = (one | {"heat": 120.0, "noise": 120.0} for one in records.of("sent"))
    return replace(records, notes=tuple(bad))


def _mended_later(records: Records) -> Records:
    later = timedelta(hours=1)
    notes = (
        one | {"at": one["at"] + later} if one["what"] == "mended" else one for one in records.notes
    )
    return replace(records, notes=tuple(notes))


def _ended_at_once(records: Records) -> Records:
    """Each case before its machine had said anything."""
    soon = min(one["at"] for one in records.of("mended"))
    notes = (
        one | {"at": soon + timedelta(microseconds=1)} if one["what"] == "noticed" else one
        for one in records.notes
    )
    earlier = (one | {"at": soon} if one["what"] == "mended" else one for one in notes)
    return replace(records, notes=tuple(earlier))


IN_RECORDS: tuple[tuple[Check, Callable[[Records], Records]], ...] = (
    (checks.sent_has_arrived, _lost),
    (checks.sent_has_arrived, _waiting),
    (checks.one_case_a_problem, _other_case),
    (checks.no_job_twice, _again("done")),
    (checks.no_job_twice, _other_message),
    (checks.no_command_twice, _again("commanded")),
    (checks.one_id_a_notice, _again("noticed")),
    (money.verified_is_proven, _never_well),
    (money.verified_is_proven, _mended_later),
    (money.verified_is_proven, _ended_at_once),
)


class _TakenBack(Exception):
    """Ends a transaction of which nothing is to stay."""


async def unseen(database: Database, records: Records) -> list[str]:
    """The violations that their checks did not see; nothing of them stays."""
    return [
        *[
            f"{check.__name__} does not see what was planted by {changed.__name__}"
            for check, changed in IN_RECORDS
            if not await _seen(database, check, changed(records), None)
        ],
        *[
            f"{check.__name__} does not see: {sql}"
            for check, sql in IN_TABLES
            if not await _seen(database, check, records, sql)
        ],
    ]


async def _seen(database: Database, check: Check, records: Records, sql: str | None) -> bool:
    found: list[str] = []
    with suppress(_TakenBack):
        async with database.transaction() as tx:
            if sql:
                await tx.execute(sql)
            found = await checks.problems(tx, records, check)
            _take_back()
    return bool(found)


def _take_back() -> None:
    raise _TakenBack
