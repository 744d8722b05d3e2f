from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from thingdesk import mandates
from thingdesk.cases import (
    hops_store,
    mandate_store,
    promises,
    refused,
    relapse,
    reporter_store,
    said_store,
    store,
)
from thingdesk.cases.events import CaseOnItsOwn, CaseOpened, CaseReopened, ReportJoined
from thingdesk.cases.model import Case, Known, Opened, Opening, Outcome, State
from thingdesk.mandates import CaseRooms
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.timeline import append

_Key = tuple[str, str]
_TOLD_EACH = 100
_RELAPSES = {Outcome.VERIFIED, Outcome.UNVERIFIED, Outcome.FULFILLED}


async def open_cases(tx: Transaction, openings: Sequence[Opening]) -> list[Opened]:
    """One answer an opening, in order: exactly one open case per (subject, problem).

    Problem rows are locked in the order of their keys, so that two who open the same ones wait for
    each other instead of dying of each other.
    """
    return _answers(openings, (await _open(tx, openings, None))[0])


async def open_within(
    tx: Transaction, openings: Sequence[Opening], most: int
) -> list[Opened | Refusal]:
    """The same with at most `most` open cases of a subject, and as many for safety, so that nothing
    minor keeps help from coming. What is beyond is refused and leaves nothing behind. The case of
    a report that was refused keeps its place for a while, or the next one would come at once.
    So is what is asked for under a mandate beyond its number of cases.

    For sure only where the subjects are held (`parties.hold`): they are counted, not locked.
    """
    rooms = await mandates.rooms(tx, {one.mandate_id for one in openings if one.mandate_id})
    opened, beyond = await _open(tx, openings, (most, rooms))
    there = iter(_answers([one for one in openings if _key(one) in opened], opened))
    return [next(there) if _key(one) in opened else beyond[_key(one)] for one in openings]


async def _open(
    tx: Transaction, openings: Sequence[Opening], limits: tuple[int, CaseRooms] | None
) -> tuple[dict[_Key, Opened], dict[_Key, Refusal]]:
    if not openings:
        return {}, {}
    groups: dict[_Key, list[Opening]] = {}
    for one in sorted(openings, key=_key):
        groups.setdefault(_key(one), []).append(one)
    asked = [(g[0], len(g)) for g in groups.values()]
    problems = await store.lock_problems(tx, asked, clock.now() - refused.WINDOW)
    last = await _last_cases(tx, problems)
    still = await refused.still_refused(tx, groups, last)
    decided = {
        key: _refused(last[key], still[key]) if key in still else _decide(group[0], last.get(key))
        for key, group in groups.items()
    }
    beyond = _beyond(openings, decided, problems, *limits) if limits else {}
    if beyond:
        await store.forget_problems(tx, sorted(beyond))
    opened = {key: one for key, one in decided.items() if key not in beyond}
    if opened:
        await _write(tx, {key: groups[key] for key in opened}, opened, last)
    if limits:
        new = [(groups[key][0].mandate_id, one.case_id) for key, one in opened.items() if one.new]
        await limits[1].count(tx, [(under, case_id) for under, case_id in new if under])
    return opened, beyond


def _beyond(
    openings: Sequence[Opening],
    decided: Mapping[_Key, Opened],
    problems: Mapping[_Key, Known],
    most: int,
    rooms: CaseRooms,
) -> dict[_Key, Refusal]:
    """The problems that would be one open case too many; what came first comes first."""
    room: dict[tuple[str, bool], int] = {}
    beyond: dict[_Key, Refusal] = {}
    seen: set[_Key] = set()
    for one in openings:
        key, place = _key(one), (one.subject, one.safety)
        if key in seen or not (decided[key].new or decided[key].reopened):
            continue
        seen.add(key)
        known = problems[key]
        left = room.get(place, most - (known.safety if one.safety else known.open))
        room[place] = left - 1
        if left <= 0:
            beyond[key] = _too_many(one, most)
        elif decided[key].new and one.mandate_id and not rooms.take(one.mandate_id):
            beyond[key] = mandates.OVER_CASES
    return beyond


def _decide(first: Opening, last: Case | None) -> Opened:
    if last and last.state is not State.ENDED:
        if last.owner_id == first.owner_id:
            return Opened(last.id, new=False, reopened=False)
        # what was the former owner's stays theirs, and is not shown to the next one
        return Opened(ids.new(), new=True, reopened=False, former=last.id)
    if last and _is_relapse(last, first):
        return Opened(last.id, new=False, reopened=True)
    return Opened(ids.new(), new=True, reopened=False)


def _refused(last: Case, in_a_row: int) -> Opened:
    told = refused.as_outcome(last, in_a_row)
    return Opened(last.id, new=False, reopened=False, refused=told)


def _is_relapse(last: Case, opening: Opening) -> bool:
    """The same problem in the same ownership, in time; after a sale it is a new case, also for who
    bought the subject back.

    A finding is of the subject's own time, so that what a machine delivers late, or a recording
    that is replayed, is a relapse or none however fast it comes.
    """
    at = opening.at if opening.origin == "finding" else clock.now()
    return (
        last.outcome in _RELAPSES
        and last.relapse_until is not None
        and at < last.relapse_until
        and last.owner_id == opening.owner_id
        and (opening.owned_since is None or opening.owned_since <= last.opened_at)
    )


async def _last_cases(tx: Transaction, problems: Mapping[_Key, Known]) -> dict[_Key, Case]:
    """The current case of each problem, or else the one that ended last."""
    known = {key: one.case_id for key, one in problems.items() if one.case_id}
    if not known:
        return {}
    found = await store.get_many(tx, list(known.values()))
    return {key: found[case_id] for key, case_id in known.items() if case_id in found}


async def _write(
    tx: Transaction,
    groups: dict[_Key, list[Opening]],
    decided: dict[_Key, Opened],
    last: dict[_Key, Case],
) -> None:
    rows = [(decided[key], group) for key, group in groups.items()]
    new = [(opened.case_id, group[0], len(group)) for opened, group in rows if opened.new]
    again = [(opened.case_id, group[0], len(group)) for opened, group in rows if opened.reopened]
    joined = [(o.case_id, len(group), _found(group)) for o, group in rows if o.joined]
    if new:
        await store.insert(tx, new, clock.now())
    if again:
        await store.reopen(tx, again)
    under = [(case_id, one.mandate_id) for case_id, one, _ in new if one.mandate_id]
    await mandate_store.put(tx, [*under, *((case_id, one.mandate_id) for case_id, one, _ in again)])
    await reporter_store.put(tx, _others(rows, last))
    said = [(opened.case_id, one) for opened, group in rows for one in group]
    await said_store.put(tx, said, clock.now())
    await hops_store.put(tx, said)
    reports: dict[UUID, int] = {}
    if joined:
        reports = await store.join(tx, joined)
        await relapse.keep(tx, [(o, group) for o, group in rows if o.joined])
    for key, group in groups.items():
        _tell(tx, decided[key], group, last.get(key))
        _tell_repeats(tx, decided[key], group, reports)
    await _leave_mandates(tx, groups, decided)


async def _leave_mandates(
    tx: Transaction, groups: Mapping[_Key, list[Opening]], decided: dict[_Key, Opened]
) -> None:
    """What a machine asks for itself is not bound by what another one may that asked first, where
    its owner has said what it may itself.
    """
    own = {
        decided[key].case_id: key
        for key, group in groups.items()
        if _is_own(group) and (not decided[key].new or _is_under_mandate(group))
    }
    given = await mandate_store.given(tx, own) if own else {}
    left = [one for one in given if await _stands(tx, groups[own[one]][0].owner_id)]
    if left:
        await mandate_store.leave(tx, left, clock.now())
    for case_id in left:
        decided[own[case_id]] = replace(decided[own[case_id]], on_its_own=True)
        append(tx, f"case:{case_id}", CaseOnItsOwn(given[case_id]))


async def _stands(tx: Transaction, owner_id: UUID | None) -> bool:
    standing = await mandates.mandate_of(tx, owner_id) if owner_id else None
    return standing is not None and standing.is_live(clock.now())


def _is_own(group: Sequence[Opening]) -> bool:
    return any(one.mandate_id is None for one in group)


def _is_under_mandate(group: Sequence[Opening]) -> bool:
    return any(one.mandate_id is not None for one in group)


def _others(
    rows: Sequence[tuple[Opened, Sequence[Opening]]], last: Mapping[_Key, Case]
) -> set[tuple[UUID, str]]:
    """Who reports what another one has reported, and it is not the subject itself."""
    found: set[tuple[UUID, str]] = set()
    for opened, group in rows:
        before = last.get(_key(group[0]))
        first = group[0].reporter if opened.new or before is None else before.reporter
        names = {one.reporter for one in group if one.origin == "report"}
        found |= {(opened.case_id, name) for name in names - {first, group[0].subject}}
    return found


def _tell(tx: Transaction, opened: Opened, group: list[Opening], before: Case | None) -> None:
    stream, first = f"case:{opened.case_id}", group[0]
    if opened.new:
        append(
            tx,
            stream,
            CaseOpened(
                first.subject,
                first.service,
                first.version,
                first.origin,
                first.reporter,
                first.event_id,
                first.input,
                first.evidence,
            ),
        )
    elif opened.reopened and before is not None and before.outcome is not None:
        append(
            tx,
            stream,
            CaseReopened(
                first.origin, first.reporter, first.event_id, before.outcome.value, first.evidence
            ),
        )
    if opened.new or opened.reopened:
        turn = before.reopened + 1 if opened.reopened and before else 0
        promises.start(tx, opened.case_id, first, turn)


def _tell_repeats(
    tx: Transaction, opened: Opened, group: list[Opening], reports: Mapping[UUID, int]
) -> None:
    """Of each report that joined, but of a machine that insists only now and then: what is on a
    timeline stays.
    """
    total = reports.get(opened.case_id, len(group))
    joined = group if opened.joined else group[1:]
    for number, one in enumerate(joined, total - len(joined) + 1):
        if number <= _TOLD_EACH or number.bit_count() == 1:
            event = ReportJoined(one.origin, one.reporter, one.event_id, number)
            append(tx, f"case:{opened.case_id}", event)


def _found(group: Sequence[Opening]) -> dict[str, Any] | None:
    """What was found, where something was."""
    return next((one.evidence for one in group if one.evidence is not None), None)


def _answers(openings: Sequence[Opening], opened: Mapping[_Key, Opened]) -> list[Opened]:
    seen: set[_Key] = set()
    answers: list[Opened] = []
    for one in openings:
        key = _key(one)
        found = opened[key]
        if key in seen:
            found = replace(found, new=False, reopened=False, former=None)
        answers.append(found)
        seen.add(key)
    return answers


def _key(one: Opening) -> _Key:
    return one.subject, one.key


def _too_many(one: Opening, most: int) -> Refusal:
    kind = "cases for safety" if one.safety else "cases"
    return Refusal(
        "too_many_open_cases",
        f"{one.subject} has {most} {kind} open already, or refused a moment ago: when one has ended"
        " there is room for the next; to have one withdrawn, contact us",
        Recovery.RETRY,
    )
