"""A choice among effects. Where one of them needs an approval, choosing it is the approval: of
exactly this effect, and of no other.
"""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from thingdesk import mandates
from thingdesk.decisions import Cost, Option, Question, To, cost_words
from thingdesk.journeys.asking import (
    MOST,
    decision_of,
    option_of,
    owners_answer,
    put_question,
    value_of,
)
from thingdesk.journeys.choices import Alternative, Choice
from thingdesk.journeys.context import Context, Given, Intent
from thingdesk.journeys.effects import action_of, foresee
from thingdesk.journeys.model import Denied, Failed
from thingdesk.mandates import Answer, Approval
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery

Then = Callable[[Any], Coroutine[Any, Any, Any] | None]
Foreseen = list[tuple[Alternative, Intent | None]]


async def choose(
    journey: Context, choice: Choice, within: timedelta, default: str | None, then: Then
) -> Any:
    """What the chosen effect came to, or the value of an alternative that has none.

    What cannot be done, or is not permitted whoever approves, is not offered. Without an answer
    nothing is done that would have needed one. Raises as `asking.ask`, and as the effect does.
    """
    offered = await _foreseen(journey, choice, then)
    decision_id, key = decision_of(journey)

    async def put() -> dict[str, Any]:
        options = await _options(journey, offered, decision_id)
        asked = bool(options) and journey.facts.owner_id is not None
        if asked:
            question = _question(journey, choice, options, (decision_id, key), within, default)
            await put_question(journey, question)
        return {"asked": asked, "options": {one.id: one.approves for one in options}}

    found = await journey.run.step("ask owner", put)
    approving: dict[str, str | None] = found["options"]
    if not approving:
        raise Failed("nothing_to_choose", f"There is nothing to choose from: {choice.words}")
    chosen = await _heard(journey, key) if found["asked"] else None
    if chosen is None:
        if any(approving.values()) and _has_effect(offered, default):
            raise Denied("not_approved", "The owner did not approve it.", Recovery.ASK_OWNER)
        chosen = default
    values = [[one.id, one.words, one.value] for one, _ in offered if one.id in approving]
    value = choice.read(value_of(values, chosen, asked=found["asked"]))
    approves = approving[str(chosen)]
    approval = Approval(decision_id, approves) if approves else None
    return await _do(journey, then(value), _effect_id(decision_id, str(chosen)), approval, value)


async def _do(
    journey: Context,
    effect: Coroutine[Any, Any, Any] | None,
    effect_id: UUID,
    approval: Approval | None,
    value: Any,
) -> Any:
    if effect is None:
        return value
    journey.given = Given(effect_id, approval) if approval else None
    try:
        return await effect
    finally:
        journey.given = None


async def _foreseen(journey: Context, choice: Choice, then: Then) -> Foreseen:
    """The alternatives that can be done, each with what it would do."""

    async def find() -> list[list[Any]]:
        found = islice(await choice.find(journey), MOST)
        return [[one.id, one.words, one.value] for one in found]

    offered: Foreseen = []
    for one in await journey.run.step("find alternatives", find):
        alternative = Alternative(*one)
        try:
            intent = await foresee(journey, then(choice.read(alternative.value)))
        except Failed:
            continue
        offered.append((alternative, intent))
    return offered


async def _options(journey: Context, offered: Foreseen, decision_id: UUID) -> list[Option]:
    options = []
    for one, intent in offered:
        option = option_of(one)
        if intent is not None:
            action = await action_of(journey, intent, _effect_id(decision_id, one.id))
            verdict = await mandates.foresee(journey.run.tx, action)
            if verdict.answer is Answer.DENY:
                continue
            who, amount = intent.details.get("name"), intent.amount
            cost = f"it costs you {cost_words((Cost(amount, verdict.payer),))}" if amount else None
            note = ", ".join(filter(None, (who, cost)))
            option = replace(
                option,
                words=f"{one.words} ({note})" if note else one.words,
                approves=action.approves(verdict.payer, verdict.under)
                if verdict.answer is Answer.ASK
                else None,
            )
        options.append(option)
    return options


def _question(
    journey: Context,
    choice: Choice,
    options: list[Option],
    named: tuple[UUID, str],
    within: timedelta,
    default: str | None,
) -> Question:
    approves = any(one.approves for one in options)
    known = default if default in {one.id for one in options} else None
    return Question(
        id=named[0],
        case_id=journey.case_id,
        run_id=journey.run.id,
        key=named[1],
        to=To.OWNER,
        owner_id=journey.facts.owner_id,
        words=choice.words,
        options=tuple(options),
        deadline=clock.now() + within,
        default=None if approves else known,
        safety=journey.service.safety,
    )


async def _heard(journey: Context, key: str) -> str | None:
    heard = await owners_answer(journey, key)
    return heard.value["option"] if heard else None


def _has_effect(offered: Foreseen, name: str | None) -> bool:
    """Whether this alternative would do something; without a name, nothing was agreed."""
    return all(intent is not None for one, intent in offered if one.id == name)


def _effect_id(decision_id: UUID, alternative: str) -> UUID:
    return uuid5(decision_id, alternative)
