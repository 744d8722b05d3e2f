from collections.abc import Sequence
from uuid import UUID

from thingdesk.cases import promises, relapse, store
from thingdesk.cases.events import CaseOpened, CaseReopened, ReportJoined
from thingdesk.cases.model import Case, Opened, Opening, Outcome, State
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append

_Key = tuple[str, str]
_RELAPSES = {Outcome.VERIFIED, Outcome.UNVERIFIED, Outcome.FULFILLED}


async def open_cases(tx: Transaction, openings: Sequence[Opening]) -> list[Opened]:
    """One answer an opening, in order: exactly one open case per (subject, problem).

    Problem rows are locked in the order of their keys, so that two who open the same ones wait for
    each other instead of dying of each other.
    """
    if not openings:
        return []
    groups: dict[_Key, list[Opening]] = {}
    for one in sorted(openings, key=lambda one: (one.subject, one.key)):
        groups.setdefault((one.subject, one.key), []).append(one)
    problems = await store.lock_problems(tx, [(g[0], len(g)) for g in groups.values()])
    last = await _last_cases(tx, problems)
    decided = {key: _decide(group[0], last.get(key)) for key, group in groups.items()}
    await _write(tx, groups, decided, last)
    return _answers(openings, decided)


def _decide(first: Opening, last: Case | None) -> Opened:
    if last and last.state is not State.ENDED:
        if last.owner_id == first.owner_id:
            return Opened(last.id, new=False, reopened=False)
        # what was the former owner's stays theirs, and is not shown to the next one
        return Opened(ids.new(), new=True, reopened=False, former=last.id)
    if last and _is_relapse(last, first):
        return Opened(last.id, new=False, reopened=True)
    return Opened(ids.new(), new=True, reopened=False)


def _is_relapse(last: Case, opening: Opening) -> bool:
    """The same problem for the same owner, in time; after a sale it is a new case.

    A finding is of the subject's own time, so that what a machine delivers late, or a recording
    that is replayed, is a relapse or none however fast it comes.
    """
    at = opening.at if opening.origin == "finding" else clock.now()
    return (
        last.outcome in _RELAPSES
        and last.relapse_until is not None
        and at < last.relapse_until
        and last.owner_id == opening.owner_id
    )


async def _last_cases(
    tx: Transaction, problems: dict[_Key, tuple[UUID | None, UUID | None]]
) -> dict[_Key, Case]:
    """The current case of each problem, or else the one that ended last."""
    wanted = {key: current or last for key, (current, last) in problems.items()}
    known = {key: case_id for key, case_id in wanted.items() if case_id}
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
    joined = [(o.case_id, len(group)) for o, group in rows if not (o.new or o.reopened)]
    if new:
        await store.insert(tx, new, clock.now())
    if again:
        await store.reopen(tx, again)
    if joined:
        await store.join(tx, joined)
        await relapse.keep(tx, [(o, group) for o, group in rows if not (o.new or o.reopened)])
    for key, group in groups.items():
        _tell(tx, decided[key], group, last.get(key))


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
    for one in group[1:] if opened.new or opened.reopened else group:
        append(tx, stream, ReportJoined(one.origin, one.reporter, one.event_id))


def _answers(openings: Sequence[Opening], decided: dict[_Key, Opened]) -> list[Opened]:
    seen: set[_Key] = set()
    answers: list[Opened] = []
    for one in openings:
        key = (one.subject, one.key)
        opened = decided[key]
        answers.append(Opened(opened.case_id, new=False, reopened=False) if key in seen else opened)
        seen.add(key)
    return answers
