"""Taking back effects: by name and id alone, so that it needs no code of the journey."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from thingdesk import mandates
from thingdesk.fulfilment import JobState, ReservationState
from thingdesk.fulfilment import effects as world
from thingdesk.journeys import store
from thingdesk.journeys.events import EffectUndone
from thingdesk.journeys.model import Entry
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money
from thingdesk.timeline import append


async def take_back(
    tx: Transaction, case_id: UUID, name: str, effect_id: UUID, among: Sequence[UUID], why: str
) -> bool:
    """Take back an effect, with the money that is reserved for it; whether it is certain that it
    is. A job that is done stays done, and is paid. `among` are all that are taken back with it;
    `why` is for providers and the machine.
    """
    await mandates.hold(tx, among)
    return await _take_back(tx, case_id, name, effect_id, why)


async def _take_back(tx: Transaction, case_id: UUID, name: str, effect_id: UUID, why: str) -> bool:
    certain = await _UNDO[name](tx, effect_id, why)
    await mandates.release(tx, effect_id)
    if certain:
        await store.set_state(tx, effect_id, "undone")
        append(tx, f"case:{case_id}", EffectUndone(str(effect_id), name))
    return certain


async def take_back_all(tx: Transaction, ledger: Sequence[Entry], why: str) -> None:
    """Take back effects of journeys that were stopped, in this order; what was set aside for a job
    that is done by then was used for it.
    """
    done: set[str] = set()
    await mandates.hold(tx, [one.id for one in ledger])
    for one in ledger:
        provider = one.details.get("provider")
        if provider in done and one.name == "reserve_part":
            await world.use_part(tx, one.id)
            if one.minor and one.currency:
                await mandates.settle(tx, one.id, Money(one.minor, one.currency))
        elif not await _take_back(tx, one.case_id, one.name, one.id, why) and provider:
            done.add(provider)


async def _call_off(tx: Transaction, effect_id: UUID, why: str) -> bool:
    job = await world.cancel_job(tx, effect_id, why)
    if job is not None and job.state is JobState.DONE:
        if job.due and job.due.minor:
            await mandates.settle(tx, effect_id, job.due)
        return False
    await world.cancel_appointment(tx, effect_id)
    return True


async def _release(tx: Transaction, effect_id: UUID, _: str) -> bool:
    held = await world.release_part(tx, effect_id)
    return held is None or held.state is not ReservationState.USED


async def _recall(tx: Transaction, effect_id: UUID, why: str) -> bool:
    return await world.recall_command(tx, effect_id, why)


_UNDO: Mapping[str, Callable[[Transaction, UUID, str], Awaitable[bool]]] = {
    "book": _call_off,
    "dispatch": _call_off,
    "reserve_part": _release,
    "command": _recall,
}
"""How each effect is taken back; False when it is done for good, or may be."""

EFFECTS = frozenset(_UNDO)
"""All that a journey can do to the world, by name."""
