"""The one door to the world: every effect is checked, recorded and undone here."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any
from uuid import UUID, uuid5

from thingdesk import mandates
from thingdesk.journeys import approval, store
from thingdesk.journeys.context import Context, Given, Intent, Undoable
from thingdesk.journeys.errors import UndeclaredEffect
from thingdesk.journeys.events import (
    EffectAsked,
    EffectDenied,
    EffectDone,
    EffectFailed,
    EffectIntended,
)
from thingdesk.journeys.model import Denied, Entry, Failed, changed_hands
from thingdesk.journeys.undoing import EFFECTS, take_back
from thingdesk.mandates import OWNER_CHANGED, Answer, Approval, Verdict
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused
from thingdesk.timeline import append

_MOST_QUESTIONS = 2
"""Who pays may become another one while the owner thinks, and that is another question."""
Perform = Callable[[Transaction, UUID], Awaitable[Any]]


class Foreseen(Exception):
    """What the first effect of a verb would be."""

    def __init__(self, intent: Intent) -> None:
        super().__init__(intent.name)
        self.intent = intent


async def effect(
    journey: Context, intent: Intent, perform: Perform, given: Given | None = None
) -> Any:
    """The result of `perform(tx, effect id)`, which happens at most once, if it may happen.

    Raises Denied when it is not permitted and Failed when it could not be done. `perform` raises
    Refused before it writes anything, or does all that it says.
    """
    if intent.name not in journey.service.effects:
        raise UndeclaredEffect(journey.service.name, intent.name)
    if journey.foreseeing:
        raise Foreseen(intent)
    # mandates look whether it fits: what has become another effect is asked for
    given, journey.given = given or journey.given, None
    step = journey.run.position
    effect_id = given.effect_id if given else uuid5(journey.run.id, str(step))
    approved = given.approval if given else None

    async def attempt() -> dict[str, Any]:
        return await _attempt(journey, intent, perform, (effect_id, step), approved)

    record = await journey.run.step(f"effect {intent.name}", attempt)
    for _ in range(_MOST_QUESTIONS):
        if record["answer"] != Answer.ASK:
            break
        asked = await approval.ask(journey, intent, record, attempt)
        if isinstance(asked, dict):
            record = asked
            break
        approved = asked
        record = await journey.run.step(f"approved {intent.name}", attempt)
    if record["code"] == OWNER_CHANGED:
        raise changed_hands()
    if record["answer"] != Answer.ALLOW:
        raise Denied(record["code"], record["reason"], Recovery(record["recovery"]))
    if record["failed"]:
        raise Failed(record["code"], record["failed"])
    yes = record["code"] == mandates.APPROVED
    journey.undoable.append(Undoable(intent, effect_id, record["payer"], yes))
    return record["result"]


async def foresee(journey: Context, verb: Coroutine[Any, Any, Any] | None) -> Intent | None:
    """What this verb would do first, and nothing of it is done; None for None.

    Raises Failed when it cannot be done, and TypeError for what is no effect of the journey.
    """
    if verb is None:
        return None
    if journey.called(verb) not in EFFECTS:
        verb.close()
        raise TypeError("`then` gives one effect of the journey, not awaited, or None")
    journey.foreseeing = True
    try:
        await verb
    except Foreseen as foreseen:
        return foreseen.intent
    finally:
        journey.foreseeing = False
    raise TypeError("`then` gave an effect that did nothing")


async def undo_all(journey: Context, why: str) -> None:
    """Take back what the journey has done, the last first; providers and the machine hear why."""
    await undo(journey, journey.undoable, why)


async def undo(journey: Context, which: Sequence[Undoable], why: str) -> None:
    """Take back some of what the journey has done, the last first."""
    among = [one.id for one in which]
    for one in reversed(which):
        await journey.run.step(f"undo {one.intent.name}", _undoing(journey, one, among, why))
    journey.undoable = [one for one in journey.undoable if one not in which]


async def settle(journey: Context, which: Sequence[Undoable]) -> None:
    """What the journey has done is done for good: it costs what was reserved for it."""
    paid = [(one.id, one.intent.amount) for one in which if one.intent.amount]

    async def act() -> None:
        for effect_id, amount in paid:
            if amount.minor:
                await mandates.settle(journey.run.tx, effect_id, amount)

    if paid:
        await journey.run.step("settle", act)
    journey.undoable = [one for one in journey.undoable if one not in which]


def _undoing(
    journey: Context, one: Undoable, among: Sequence[UUID], why: str
) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        await take_back(journey.run.tx, journey.case_id, one.intent.name, one.id, among, why)

    return act


async def _attempt(
    journey: Context,
    intent: Intent,
    perform: Perform,
    place: tuple[UUID, int],
    approved: Approval | None,
) -> dict[str, Any]:
    tx, effect_id = journey.run.tx, place[0]
    action = await action_of(journey, intent, effect_id)
    verdict = await mandates.check(tx, action, approved)
    record = {
        "effect": str(effect_id),
        "hash": action.approves(verdict.payer, verdict.under)
        if verdict.answer is Answer.ASK
        else None,
        "answer": verdict.answer,
        "code": verdict.code,
        "reason": verdict.reason,
        "payer": verdict.payer,
        "recovery": (verdict.recovery or Recovery.CONTACT_US).value,
        "failed": None,
        "result": None,
        **({"under": str(action.mandate_id)} if action.mandate_id else {}),
    }
    if verdict.answer is Answer.ALLOW:
        await _perform(journey, intent, perform, verdict, record)
    else:
        _tell_refused(journey, intent, verdict, effect_id)
    _write(journey, intent, verdict, place, record)
    return record


async def _perform(
    journey: Context, intent: Intent, perform: Perform, verdict: Verdict, record: dict[str, Any]
) -> None:
    tx, effect_id = journey.run.tx, record["effect"]
    amount = intent.amount
    append(
        tx,
        journey.stream,
        EffectIntended(
            effect_id,
            intent.name,
            intent.details,
            verdict.code,
            verdict.reason,
            verdict.payer,
            amount.minor if amount else None,
            amount.currency if amount else None,
        ),
    )
    try:
        record["result"] = await perform(tx, UUID(effect_id))
    except Refused as refused:
        record["code"], record["failed"] = refused.refusal.code, refused.refusal.reason
        await mandates.release(tx, UUID(effect_id))
        event = EffectFailed(effect_id, intent.name, refused.refusal.reason)
        append(tx, journey.stream, event)
        return
    append(tx, journey.stream, EffectDone(effect_id, intent.name, record["result"]))


async def action_of(journey: Context, intent: Intent, effect_id: UUID) -> mandates.Action:
    """The action that an effect would be: what its approval is bound to."""
    under, before = await journey.under()
    return mandates.Action(
        effect_id=effect_id,
        owner_id=journey.facts.owner_id,
        machine=journey.subject,
        case_id=journey.case_id,
        service=journey.service.name,
        effect=intent.name,
        remedy=intent.remedy,
        amount=intent.amount,
        provider=intent.provider,
        safety=journey.service.safety,
        again=intent.again,
        details=intent.details,
        mandate_id=under,
        before=before,
    )


def _tell_refused(journey: Context, intent: Intent, verdict: Verdict, effect_id: UUID) -> None:
    event = EffectAsked if verdict.answer is Answer.ASK else EffectDenied
    append(
        journey.run.tx,
        journey.stream,
        event(str(effect_id), intent.name, verdict.code, verdict.reason),
    )


def _write(
    journey: Context,
    intent: Intent,
    verdict: Verdict,
    place: tuple[UUID, int],
    record: dict[str, Any],
) -> None:
    states = {Answer.ASK: "asked", Answer.DENY: "denied"}
    state = states.get(verdict.answer, "failed" if record["failed"] else "done")
    amount = intent.amount
    entry = Entry(
        place[0],
        journey.run.id,
        place[1],
        journey.case_id,
        intent.name,
        intent.details,
        amount.minor if amount else None,
        amount.currency if amount else None,
        verdict.answer.value,
        record["code"],
        verdict.reason,
        verdict.payer,
        state,
        record["result"],
        journey.run.epoch,
        clock.now(),
    )
    store.write(journey.run.tx, entry)
