"""Questions to owners and staff, with a deadline and what happens without an answer."""

from datetime import timedelta
from itertools import islice
from typing import Any, Literal
from uuid import UUID, uuid5

from thingdesk import cases, decisions
from thingdesk.decisions import Option, Question
from thingdesk.journeys.choices import Alternative, Choice
from thingdesk.journeys.context import Context
from thingdesk.journeys.model import Failed
from thingdesk.notices import To
from thingdesk.platform import clock, durable

MOST = 12


async def ask(
    journey: Context,
    choice: Choice,
    whom: Literal["owner", "staff"],
    within: timedelta,
    default: str | None,
) -> Any:
    """The value of the alternative that was chosen, or of the default.

    Raises Failed when there is nothing to choose from, nobody to ask, or no answer and no default.
    """
    run = journey.run
    _, key = decision_of(journey)

    async def put() -> list[list[Any]]:
        found = list(islice(await choice.find(journey), MOST))
        if found and _has_somebody(journey, whom):
            question = _question(journey, choice, found, whom, within, default)
            await put_question(journey, question)
        return [[one.id, one.words, one.value] for one in found]

    alternatives = await run.step(f"ask {whom}", put)
    if not alternatives:
        raise Failed("nothing_to_choose", f"There is nothing to choose from: {choice.words}")
    if not _has_somebody(journey, whom):
        return choice.read(value_of(alternatives, default, asked=False))
    heard = await (owners_answer(journey, key) if whom == "owner" else journey.wait(key))
    chosen = heard.value["option"] if heard else None
    return choice.read(value_of(alternatives, chosen, asked=True))


async def put_question(journey: Context, question: Question) -> None:
    """Ask. The clocks of the case's promises stand still while it waits for the owner."""
    await decisions.ask(journey.run.tx, question)
    if question.to is To.OWNER:
        await cases.pause_promises(journey.run.tx, journey.case_id, "waits for the owner")


async def owners_answer(journey: Context, key: str, step: str = "asked") -> durable.Message | None:
    """What became of a question to the owner; the clocks go on."""
    heard = await journey.wait(key)

    async def resume() -> None:
        await cases.resume_promises(journey.run.tx, journey.case_id, "the owner was asked")

    await journey.run.step(step, resume)
    return heard


def decision_of(journey: Context) -> tuple[UUID, str]:
    """The id of the decision that the next step asks for, and the key of its answer."""
    decision_id = uuid5(journey.run.id, str(journey.run.position))
    return decision_id, f"decision:{decision_id}"


def _question(
    journey: Context,
    choice: Choice,
    found: list[Alternative],
    whom: str,
    within: timedelta,
    default: str | None,
) -> Question:
    decision_id, key = decision_of(journey)
    return Question(
        id=decision_id,
        case_id=journey.case_id,
        run_id=journey.run.id,
        key=key,
        to=To.OWNER if whom == "owner" else To.STAFF,
        owner_id=journey.facts.owner_id if whom == "owner" else None,
        words=choice.words,
        options=tuple(option_of(one) for one in found),
        deadline=clock.now() + within,
        default=default,
        safety=journey.service.safety,
    )


def option_of(one: Alternative) -> Option:
    # a page can show more than words of a value that has names: a date in the owner's own zone
    return Option(one.id, one.words, one.value if isinstance(one.value, dict) else {})


def _has_somebody(journey: Context, whom: str) -> bool:
    return whom == "staff" or journey.facts.owner_id is not None


def value_of(alternatives: list[list[Any]], chosen: str | None, *, asked: bool) -> Any:
    """The value of what was chosen. Raises Failed: nothing was, as nobody could be `asked`, or
    nobody answered.
    """
    for option, _, value in alternatives:
        if option == chosen:
            return value
    if asked:
        raise Failed("no_answer", "Nobody answered in time, and nothing was agreed for that.")
    raise Failed(
        "nobody_to_ask",
        "The machine has no owner who could be asked. Pair it, or let staff say whose it is.",
    )
