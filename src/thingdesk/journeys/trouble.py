"""Journeys whose code fails: on the case's timeline, told to staff, taken up again by them."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from thingdesk.catalog import in_words
from thingdesk.journeys import store
from thingdesk.journeys.events import JourneyFailed, JourneyRetried, JourneyStuck, JourneyWentOn
from thingdesk.journeys.model import Facts
from thingdesk.journeys.quiet import is_news
from thingdesk.journeys.telling import tell_staff
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Transaction
from thingdesk.platform.durable import Failure, Trouble, Turn
from thingdesk.timeline import append

LATE = timedelta(minutes=2)
"""Journeys that are due for so long and are not taken up are told to staff."""
_TRIED = "It is tried again by itself, a few times."
_MEND = (
    "Mend the service and start the desk again, or press Try again on the page of the case; or"
    " withdraw the case there. A journey that has begun needs the steps it began with: register"
    " what changed as a new version beside the old."
)


async def note_trouble(tx: Transaction, one: Trouble) -> None:
    """What the engine says of a journey, for its case: each once."""
    facts, journey = Facts.from_data(one.input), str(one.run)
    service, _, version = one.code.rpartition("@")
    stream = f"case:{facts.case_id}"
    if one.failure is None:
        await store.hear_again(tx, [one.run])
        append(tx, stream, JourneyWentOn(journey, service, version))
        return
    event = JourneyStuck if one.turn is Turn.STUCK else JourneyFailed
    append(tx, stream, event(journey, service, version, one.failure.error, one.failure.where))
    name = f"{one.turn.value} {one.code} {one.failure.sign}"
    if await is_news(tx, name):
        words = _words(f"{service}, version {version}", facts.subject, one.turn, one.failure)
        await tell_staff(tx, event.kind, words, facts.case_id)


def _words(code: str, subject: str, turn: Turn, failure: Failure) -> str:
    stuck = turn is Turn.STUCK
    lead = "is stuck" if stuck else "fails"
    more = "`thingdesk doctor` lists all such journeys; this cause is told once an hour."
    return (
        f"The journey of {subject} {lead}: {code}.\n{failure.words}\n\n"
        f"{_MEND if stuck else _TRIED} {more}"
    )


async def note_mistake(tx: Transaction, kind: str, cause: str, words: str) -> None:
    """Tell staff what failed outside of a journey; of the same cause once an hour."""
    if await is_news(tx, f"{kind} {cause}"):
        await tell_staff(tx, kind, f"{words}\n\nThis cause is told once an hour.", None)


async def tell_late(tx: Transaction) -> int:
    """Staff hear of journeys that are due and that no worker takes up, of each service once an
    hour; of how many services. Any process can look, whether it works on journeys or not.
    """
    now = clock.now()
    found = await durable.late(tx, now - LATE)
    for code, number, since in found:
        if not await is_news(tx, f"late {code}"):
            continue
        name = in_words(code)
        many = "journey is" if number == 1 else "journeys are"
        words = (
            f"{number} {many} due and not taken up: {name}, since {since:%Y-%m-%d %H:%M} UTC.\n\n"
            "Either no worker runs, or none of them has the pack with this code, or they cannot"
            " keep up. `thingdesk doctor` says whether a pack is missing; `thingdesk up --roles"
            " work` adds a worker."
        )
        await tell_staff(tx, "journeys.late", words, None)
    return len(found)


async def note_repeats(tx: Transaction, case_ids: Sequence[UUID]) -> None:
    """What was said again of cases whose journeys are stuck: staff are told, once until the
    journey goes on or is tried again.
    """
    runs = await store.running(tx, case_ids)
    stuck = [one for one in await durable.standing(tx, runs) if one.state is durable.State.STUCK]
    by_id = {one.id: one for one in stuck}
    for run_id in await store.say_again(tx, list(by_id), clock.now()):
        one = by_id[run_id]
        facts = Facts.from_data(one.input)
        words = (
            f"{facts.subject} has the problem still, and nothing is done about it: the journey"
            f" {one.code.replace('@', ', version ')} is stuck.\n{one.problem}"
        )
        await tell_staff(tx, "journey.stuck", words, facts.case_id)


async def retry(tx: Transaction, case_ids: Sequence[UUID], by: str) -> int:
    """Take up again the journeys of these cases that are stuck, or that failed and wait for their
    next attempt; how many these were. `by` says who wanted it.
    """
    tried = await durable.retry(tx, await store.running(tx, case_ids))
    await store.hear_again(tx, tried)
    for run_id, case_id, service, version in await store.named(tx, tried):
        append(tx, f"case:{case_id}", JourneyRetried(str(run_id), service, version, by))
    return len(tried)


async def in_trouble(tx: Transaction, most: int) -> list[tuple[UUID, durable.Standing]]:
    """The journeys that are stuck, and then those that fail, each with its case: those first that
    are so for longest.
    """
    found = await durable.stuck(tx, most)
    found += await durable.failing(tx, most - len(found))
    return [(Facts.from_data(one.input).case_id, one) for one in found]


async def stuck_cases(tx: Transaction, most: int = 1_000) -> list[UUID]:
    """The cases whose journeys are stuck, those first that are so for longest."""
    found = await durable.stuck(tx, most)
    return list(dict.fromkeys(Facts.from_data(one.input).case_id for one in found))
