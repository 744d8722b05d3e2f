"""Mistakes in the code of services: a forgotten await, no outcome, a line that holds up all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import held
from tests.hand import Hand, open_hand
from tests.journeys.lab import Ask, Told, line, problem

from thingdesk import parties
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal
from thingdesk.sdk import Failed, Instant, Journey, Promise, service

HERE = f"tests/journeys/{Path(__file__).name}"


class Outside:
    """What a service calls."""

    act: Callable[[], Any]


@service("lab.forgets", title="Forget an await", promise=Promise())
async def forgets(journey: Journey, _: Ask) -> Told:
    journey.tell_machine("lab.lost", "Never told.")  # type: ignore[unused-coroutine]
    return Told(words="All is well.")


@service("lab.forgets_more", title="Forget one before a wait", promise=Promise())
async def forgets_more(journey: Journey, _: Ask) -> Told:
    journey.tell_machine("lab.lost", "Never told.")  # type: ignore[unused-coroutine]
    try:
        await journey.wait("never")
    except Exception as error:
        raise Failed("lab", "It was swallowed.") from error
    return Told(words="Never.")


@service("lab.now_forgets", title="Forget at once", promise=Promise(), instant=True)
async def now_forgets(instant: Instant, _: Ask) -> Told:
    instant.keep("a", 1)  # type: ignore[unused-coroutine]
    return Told(words="Kept.")


@service("lab.now_holds", title="Hold up all others", promise=Promise(), instant=True)
async def now_holds(_: Instant, __: Ask) -> Told:
    return Told(words="Held.", found=int(Outside.act()))


@service("lab.empty", title="Return nothing", promise=Promise())
async def empty(_: Journey, __: Ask) -> Told:
    return {"words": "Nearly."}  # type: ignore[return-value]


@service("lab.now_empty", title="Return nothing at once", promise=Promise(), instant=True)
async def now_empty(_: Instant, __: Ask) -> Told:
    if not HERE:
        return Told(words="Never.")
    return None  # type: ignore[return-value]


SERVICES = (forgets, forgets_more, now_forgets, now_holds, empty, now_empty)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_hand(database, Flow(Catalog(SERVICES), ()))


@pytest.mark.parametrize("of", [forgets, forgets_more])
async def test_a_forgotten_await_fails_with_verb_and_line(hand: Hand, of: Any) -> None:
    name = of.name.replace(".", "-")
    await hand.machine(name, "lab")
    case_id = await hand.opened(name, of.name, {})
    said = await problem(hand, case_id)
    words = "ForgottenAwait: `tell_machine` was called without await, and did nothing"
    assert said.startswith(words)
    assert said.endswith(f"({HERE}:{line(of, 'lab.lost')})")
    assert (await hand.case(case_id)).outcome is None
    assert await hand.told(case_id) == []


async def test_a_forgotten_await_of_an_instant_service_leaves_nothing(hand: Hand) -> None:
    async with hand.database.transaction() as tx:
        await parties.add_staff(tx, "staff@example.org", "Staff", [parties.Role.AGENT])
    await hand.machine("lab-now", "lab")
    assert isinstance(await hand.take("lab-now", "lab.now_forgets", {}), Refusal)
    async with hand.database.transaction() as tx:
        words = await tx.fetchval("select words from notice where kind = 'service.failed'")
    assert "`keep` was called without await" in words
    assert f"{HERE}:{line(now_forgets, 'instant.keep')}" in words


async def test_an_instant_service_that_holds_up_all_others_is_named_with_its_line(
    hand: Hand,
) -> None:
    await hand.machine("lab-holds", "lab")
    with held.listening() as said:
        Outside.act = said.hold
        answer: Any = await hand.take("lab-holds", "lab.now_holds", {})
    assert answer.outcome["found"] == 1, "what it came to stands"
    (words,) = said.words
    assert words.startswith("lab.now_holds@1 has held up the whole desk for 1 s, at ")
    assert f"{HERE}:{line(now_holds, 'Outside.act')}: " in words


async def test_who_returns_no_outcome_is_told_so_with_the_place(hand: Hand) -> None:
    await hand.machine("lab-empty", "lab")
    said = await problem(hand, await hand.opened("lab-empty", "lab.empty", {}))
    words = "lab.empty returned a dict; end it with return Told(words=…)"
    assert said == f"NoOutcome: {words} ({HERE}:{line(empty, '@service')})"
    async with hand.database.transaction() as tx:
        await parties.add_staff(tx, "empty@example.org", "Staff", [parties.Role.AGENT])
    assert isinstance(await hand.take("lab-empty", "lab.now_empty", {}), Refusal)
    async with hand.database.transaction() as tx:
        told = await tx.fetch("select words from notice where kind = 'service.failed'")
    assert [one for one in told if "now_empty returned None; end it with" in one["words"]]
