"""An owner who chooses among effects is not asked once more, and permits exactly the chosen one."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand

from thingdesk import decisions, journeys, mandates
from thingdesk.cases import Outcome as Ended
from thingdesk.catalog import Catalog
from thingdesk.decisions import Decision
from thingdesk.flow import Flow
from thingdesk.mandates import Policy, Terms
from thingdesk.platform import clock, durable
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money
from thingdesk.sdk import (
    Data,
    Failed,
    Journey,
    Outcome,
    OwnerPicks,
    Promise,
    choose,
    hours,
    service,
)

TODAY, WEEK = Money(12000, "EUR"), Money(6000, "EUR")
QUESTION = choose(
    "When shall it be cleaned?", today="Today", week="This week", rest="Let it rest", never="Never"
)


class Dirt(Data):
    where: str = "glass"
    default: str | None = None


class Clean(Outcome):
    by: str = ""


@service("shop.clean", title="Clean", promise=Promise(), effects=("dispatch", "command"))
async def clean(journey: Journey, dirt: Dirt) -> Clean:
    def send(chosen: str):  # type: ignore[no-untyped-def] # noqa: ANN202 - as an author writes it
        if chosen == "rest":
            return journey.command("rest")
        price = {"today": TODAY, "week": WEEK}.get(chosen)
        kind = "cleaner" if chosen == "today" else "washer"
        return price and journey.dispatch(kind, task="clean", words=dirt.where, price=price)

    job = await journey.ask_owner(QUESTION, within=hours(24), default=dirt.default, then=send)
    return Clean(words="Done.", by=job if isinstance(job, str) else job.provider.name)


@service("shop.misuse", title="Misuse", promise=Promise(), effects=("book", "command"))
async def misuse(journey: Journey, dirt: Dirt) -> Clean:
    near = await journey.nearest("cleaner")

    async def late() -> Any:
        return await journey.command("rest")

    made: dict[str, Any] = {
        "tells": lambda: journey.tell_owner("x"),
        "picks": lambda: journey.book(near, OwnerPicks(), task="clean", words="x"),
        "awaits": late,
    }
    await journey.ask_owner(QUESTION, within=hours(1), then=lambda _: made[dirt.where]())
    return Clean(words="Never.")


@service("shop.instead", title="Instead", promise=Promise(), effects=("dispatch", "command"))
async def instead(journey: Journey, dirt: Dirt) -> Clean:
    """What was chosen cannot be done any more, and something else is done."""
    with suppress(Failed):
        await journey.ask_owner(
            QUESTION,
            within=hours(24),
            then=lambda _: journey.dispatch("cleaner", task="clean", words=dirt.where, price=TODAY),
        )
    await journey.command("rest")
    return Clean(words="It rests.")


@pytest.fixture
async def hand(database: Database) -> Hand:
    """Each test has its own providers, and says nothing to those of the others."""
    one = await open_hand(database, Flow(Catalog((clean, misuse, instead)), ()))
    async with database.transaction() as tx:
        await tx.execute("delete from provider")
        await mandates.set_policy(tx, Policy())
    await one.provider("Near", "cleaner", km=1)
    await one.provider("Far", "cleaner", km=9)
    await one.provider("Slow", "washer", km=2)
    return one


async def asked(hand: Hand, name: str, *, terms: Terms | None = None, **given: str) -> UUID:
    owner = await hand.machine(name, "pane", owner=f"owner-{name}")
    assert owner
    if terms:
        async with hand.database.transaction() as tx:
            await mandates.grant(tx, owner, terms)
    return await hand.opened(name, "shop.clean", given)


async def all_asked(hand: Hand, case_id: UUID) -> list[Decision]:
    async with hand.database.transaction() as tx:
        return list(await decisions.of_case(tx, case_id))


async def ledger(hand: Hand, case_id: UUID) -> list[tuple[str, str, int | None]]:
    async with hand.database.transaction() as tx:
        done = await journeys.effects_of(tx, case_id)
    return [(one.name, one.code, one.minor) for one in done]


async def test_the_choice_is_the_approval_and_shows_who_and_what_it_costs(hand: Hand) -> None:
    case_id = await asked(hand, "pane-1")
    question = (await hand.question(case_id)).question
    assert [(one.id, one.words, bool(one.approves)) for one in question.options] == [
        ("today", "Today (Near, it costs you 120.00 EUR)", True),
        ("week", "This week (Slow, it costs you 60.00 EUR)", True),
        ("rest", "Let it rest", True),
        ("never", "Never", False),
    ]
    assert len({one.approves for one in question.options}) == 4
    await hand.answer(case_id, "week")
    job = await hand.accept(case_id)
    assert job.offer.amount == WEEK
    assert await ledger(hand, case_id) == [("dispatch", "approved", 6000)]
    assert len(await all_asked(hand, case_id)) == 1
    assert (await hand.case(case_id)).outcome is Ended.FULFILLED


async def test_an_alternative_without_effect_permits_nothing(hand: Hand) -> None:
    case_id = await asked(hand, "pane-2")
    await hand.answer(case_id, "never")
    case = await hand.case(case_id)
    assert case.outcome_data
    assert case.outcome_data["by"] == "never"
    assert await ledger(hand, case_id) == []


@pytest.mark.parametrize(
    ("default", "code"), [(None, "not_approved"), ("week", "not_approved"), ("never", None)]
)
async def test_no_answer_is_a_no(hand: Hand, default: str | None, code: str | None) -> None:
    given: dict[str, Any] = {"default": default} if default else {}
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await asked(hand, f"pane-of-{default}", **given)
        turnable.turn(timedelta(hours=25))
        await hand.tick()
    case = await hand.case(case_id)
    assert case.outcome_data
    assert case.outcome_data.get("code") == code
    assert await ledger(hand, case_id) == []


async def test_another_provider_is_another_effect_and_is_asked_for(hand: Hand) -> None:
    case_id = await asked(hand, "pane-3")
    await hand.answer(case_id, "today")
    assert (await hand.decline(case_id)).offer.amount == TODAY
    again = (await hand.question(case_id)).question
    assert again.words == "May we send Far to pane-3 for 120.00 EUR?"
    await hand.answer(case_id, "no")
    case = await hand.case(case_id)
    assert case.outcome is Ended.REFUSED
    assert [code for _, code, _ in await ledger(hand, case_id)] == ["approved", "no_mandate"]


async def test_the_yes_to_what_cannot_be_done_any_more_is_none_to_what_is_done_instead(
    hand: Hand,
) -> None:
    await hand.machine("pane-8", "pane", owner="owner-pane-8")
    case_id = await hand.opened("pane-8", "shop.instead", {})
    async with hand.database.transaction() as tx:
        await tx.execute("delete from provider")
    await hand.answer(case_id, "today")
    again = (await hand.question(case_id)).question
    assert again.words == "May we tell pane-8 to rest?"
    await hand.answer(case_id, "no")
    assert [code for _, code, _ in await ledger(hand, case_id)] == ["no_mandate"]


async def test_who_is_nearest_only_since_the_question_is_asked_for(hand: Hand) -> None:
    case_id = await asked(hand, "pane-4")
    await hand.provider("Newcomer", "cleaner", km=0.1)
    await hand.answer(case_id, "today")
    again = (await hand.question(case_id)).question
    assert again.words == "May we send Newcomer to pane-4 for 120.00 EUR?"
    await hand.answer(case_id, "yes")
    assert (await hand.offered(case_id)).offer.amount == TODAY


async def test_what_the_mandate_permits_needs_no_approval_and_can_be_a_default(hand: Hand) -> None:
    terms = Terms(("shop.*",), per_case=TODAY, per_period=TODAY)
    turnable = clock.Turnable()
    with clock.reading(turnable):
        case_id = await asked(hand, "pane-5", terms=terms, default="week")
        question = (await hand.question(case_id)).question
        assert (question.approves, question.default) == (False, "week")
        turnable.turn(timedelta(hours=25))
        await hand.tick()
        await hand.accept(case_id)
    assert await ledger(hand, case_id) == [("dispatch", "mandated", 6000)]


async def test_what_cannot_be_done_is_not_offered(hand: Hand) -> None:
    async with hand.database.transaction() as tx:
        await tx.execute("delete from provider where name = 'Slow'")
        await mandates.set_policy(tx, Policy(denied=("command",)))
    case_id = await asked(hand, "pane-6")
    question = (await hand.question(case_id)).question
    assert [one.id for one in question.options] == ["today", "never"]


async def test_a_policy_that_changed_meanwhile_counts(hand: Hand) -> None:
    case_id = await asked(hand, "pane-7")
    async with hand.database.transaction() as tx:
        await mandates.set_policy(tx, Policy(denied=("dispatch",)))
    await hand.answer(case_id, "today")
    case = await hand.case(case_id)
    assert case.outcome_data
    assert case.outcome_data["code"] == "policy_denied"
    assert [code for _, code, _ in await ledger(hand, case_id)] == ["policy_denied"]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("tells", "`then` gives one effect of the journey, not awaited, or None"),
        ("awaits", "`then` gives one effect of the journey, not awaited, or None"),
        ("picks", "`then` books a Slot: with OwnerPicks the owner would be asked twice"),
    ],
)
async def test_what_is_no_single_effect_is_a_mistake(hand: Hand, where: str, said: str) -> None:
    name = f"pane-{where}"
    assert await hand.machine(name, "pane", owner=f"owner-{name}")
    case_id = await hand.opened(name, "shop.misuse", {"where": where})
    async with hand.database.transaction() as tx:
        runs = [one[0] for one in await journeys.of_case(tx, case_id)]
        (one,) = await durable.standing(tx, runs)
        assert said in (one.problem or "")
    assert await all_asked(hand, case_id) == []
