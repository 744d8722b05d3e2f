"""The clocks of what was said by when: start, keep, pause, resume, break."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from thingdesk.cases import promise_store as store
from thingdesk.cases.calendar import Hours, Pause, due
from thingdesk.cases.events import PromiseBroken, PromiseKept, PromisePaused, PromiseResumed
from thingdesk.cases.model import Opening
from thingdesk.cases.promise_store import Promised
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.timeline import append

Change = Callable[[Promised], Promised | None]
"""What becomes of a running promise; None: nothing."""


def start(tx: Transaction, case_id: UUID, opening: Opening, turn: int) -> None:
    """Start the clocks of the service's promises. The receipt is given by this very commit."""
    now = clock.now()
    zone = opening.zone
    hours = Hours(zone=zone) if zone else None
    for name, duration in opening.promises.items():
        kept = now if name == "receipt" else None
        row = (case_id, name, turn, now, due(now, duration, hours), duration.total_seconds(), zone)
        store.start(tx, (*row, kept))


async def keep_promise(tx: Transaction, case_id: UUID, name: str) -> None:
    """What was promised as `name` has happened; a promise that is broken already stays broken."""
    now = clock.now()

    def keep(one: Promised) -> Promised | None:
        return replace(one, kept_at=now) if one.name == name else None

    for one in await tx.share(_turn, (case_id, keep)):
        append(
            tx, f"case:{case_id}", PromiseKept(name, one.due_at.isoformat() if one.due_at else "")
        )


async def pause_promises(tx: Transaction, case_id: UUID, reason: str) -> None:
    """Stop the clocks of the case, because it waits for somebody else."""
    pause = Pause(clock.now(), None, reason)

    def stop(one: Promised) -> Promised | None:
        return None if one.due_at is None else _paused(one, (*one.pauses, pause))

    if await tx.share(_turn, (case_id, stop)):
        append(tx, f"case:{case_id}", PromisePaused(reason))


async def resume_promises(tx: Transaction, case_id: UUID, reason: str) -> None:
    """Let the clocks of the case run again."""
    now = clock.now()

    def go_on(one: Promised) -> Promised | None:
        if not _stands(one):
            return None
        return _paused(one, (*one.pauses[:-1], replace(one.pauses[-1], until=now)))

    if await tx.share(_turn, (case_id, go_on)):
        append(tx, f"case:{case_id}", PromiseResumed(reason))


async def _turn(tx: Transaction, changes: Sequence[tuple[UUID, Change]]) -> list[list[Promised]]:
    """Change the running promises of many cases, by one statement; those changed, in order."""
    running: dict[UUID, list[Promised]] = {}
    for one in await store.running(tx, {case_id for case_id, _ in changes}):
        running.setdefault(one.case_id, []).append(one)
    answers: list[list[Promised]] = []
    written: dict[tuple[UUID, str, int], Promised] = {}
    for case_id, change in changes:
        before = running.get(case_id, [])
        after = [change(one) for one in before]
        running[case_id] = [
            new or one for one, new in zip(before, after, strict=True) if not (new and new.kept_at)
        ]
        answers.append([new for new in after if new])
        written.update({(case_id, one.name, one.round): one for one in answers[-1]})
    if written:
        await store.write(tx, list(written.values()))
    return answers


async def break_due_promises(tx: Transaction, most: int = 500) -> list[Promised]:
    """Mark the promises whose time is over, and return them, so that somebody is told."""
    broken = await store.break_due(tx, clock.now(), most)
    for one in broken:
        event = PromiseBroken(one.name, one.due_at.isoformat() if one.due_at else "")
        append(tx, f"case:{one.case_id}", event)
    return broken


async def promises_at_risk(
    tx: Transaction, within: timedelta = timedelta(hours=1), most: int = 50
) -> list[Promised]:
    """Running promises that are due soon."""
    return await store.at_risk(tx, clock.now() + within, most)


async def promises_broken(tx: Transaction, within: timedelta, most: int) -> list[Promised]:
    """Promises of open cases that were broken lately, the last first."""
    return await store.broken(tx, clock.now() - within, most)


def _stands(one: Promised) -> bool:
    return bool(one.pauses) and one.pauses[-1].until is None


def _paused(one: Promised, pauses: tuple[Pause, ...]) -> Promised:
    return replace(one, pauses=pauses, due_at=due(one.started_at, one.duration, one.hours, pauses))
