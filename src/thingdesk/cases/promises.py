"""The clocks of what was said by when: start, keep, pause, resume, break."""

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
    for one in await store.keep(tx, case_id, name, clock.now()):
        append(
            tx, f"case:{case_id}", PromiseKept(name, one.due_at.isoformat() if one.due_at else "")
        )


async def pause_promises(tx: Transaction, case_id: UUID, reason: str) -> None:
    """Stop the clocks of the case, because it waits for somebody else."""
    running = [one for one in await store.running(tx, case_id) if one.due_at is not None]
    for one in running:
        await _set(tx, one, [*one.pauses, Pause(clock.now(), None, reason)])
    if running:
        append(tx, f"case:{case_id}", PromisePaused(reason))


async def resume_promises(tx: Transaction, case_id: UUID, reason: str) -> None:
    """Let the clocks of the case run again."""
    paused = [one for one in await store.running(tx, case_id) if _stands(one)]
    for one in paused:
        last = replace(one.pauses[-1], until=clock.now())
        await _set(tx, one, [*one.pauses[:-1], last])
    if paused:
        append(tx, f"case:{case_id}", PromiseResumed(reason))


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


def _stands(one: Promised) -> bool:
    return bool(one.pauses) and one.pauses[-1].until is None


async def _set(tx: Transaction, one: Promised, pauses: list[Pause]) -> None:
    await store.set_pauses(tx, one, pauses, due(one.started_at, one.duration, one.hours, pauses))
