"""A machine that was refused reports the same again: it hears why, and its owner is left alone."""

from datetime import timedelta
from uuid import UUID

import pytest
from tests.hand import Hand, open_hand

from thingdesk import cases, journeys, mandates, parties
from thingdesk.cases import Answer, CaseFilter
from thingdesk.catalog import Catalog
from thingdesk.flow import Flow
from thingdesk.mandates import Entitlement, EntitlementKind, Payer, Policy, Terms
from thingdesk.parties import Role
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Recovery
from thingdesk.sdk import Data, Denied, FaultCode, Finding, Journey, Promise, service
from thingdesk.sdk import Outcome as Result

WINDOW = timedelta(minutes=5)
ALL = Terms(("*",))


class Ask(Data):
    code: str


class Told(Result):
    pass


@service("lab.ask", title="Ask", promise=Promise(), identity=("code",), effects=("command",))
async def asking(journey: Journey, ask: Ask) -> Told:
    await journey.command("restart", {"code": ask.code})
    return Told(words="Restarted.")


@service("lab.never", title="Never", promise=Promise(), identity=("code",))
async def never(_: Journey, __: Ask) -> Told:
    raise Denied("never", "It is never done.", Recovery.CONTACT_US)


@service("lab.help", title="Help", promise=Promise(), identity=("code",), safety=True)
async def helping(_: Journey, __: Ask) -> Told:
    raise Denied("never", "There is no help.", Recovery.CONTACT_US)


def _asks(finding: Finding) -> Ask:
    return Ask(code=finding.about)


RULE = FaultCode(name="lab.rule", model="car", service="lab.never", asks=_asks, codes=("P1*",))


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_hand(database, Flow(Catalog([asking, never, helping]), (RULE,)))


async def owned(hand: Hand, name: str) -> UUID:
    owner = await hand.machine(name, "car", owner=f"owner-{name}")
    assert owner
    return owner


async def many(hand: Hand, name: str) -> int:
    async with hand.database.transaction() as tx:
        return len(await cases.search(tx, CaseFilter(subject=name, most=100)))


async def mails(hand: Hand, owner: UUID) -> int:
    async with hand.database.transaction() as tx:
        found: int = await tx.fetchval(
            "select count(*) from notice where to_id = $1 and kind = 'case.ended'", str(owner)
        )
    return found


async def again(hand: Hand, name: str, service: str = "lab.never", code: str = "P1") -> Answer:
    answer = await hand.report(name, service, {"code": code})
    assert isinstance(answer, Answer), answer
    return answer


async def refused(hand: Hand, name: str) -> UUID:
    """The owner was asked, and said no."""
    case_id = await hand.opened(name, "lab.ask", {"code": "P1"})
    await hand.answer(case_id, "no")
    return case_id


async def test_reported_again_it_is_answered_with_its_refusal(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        owner = await owned(hand, "insists")
        first = await again(hand, "insists")
        assert first.outcome is None, "nobody knows yet"
        for _ in range(30):
            answer = await again(hand, "insists")
            assert answer.case_id == first.case_id
            assert answer.outcome
            assert answer.outcome["outcome"] == "refused"
            assert answer.outcome["code"] == "never"
            assert answer.outcome["words"] == "It is never done."
        assert (await many(hand, "insists"), await mails(hand, owner)) == (1, 1)
        other = await again(hand, "insists", code="P2")
        assert other.case_id != first.case_id
        turnable.turn(WINDOW)
        later = await again(hand, "insists")
        assert later.case_id != first.case_id


async def test_the_same_refusal_is_mailed_once_an_hour(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        owner = await owned(hand, "stubborn")
        for _ in range(12):
            await again(hand, "stubborn")
            turnable.turn(WINDOW)
        assert (await many(hand, "stubborn"), await mails(hand, owner)) == (4, 1)
        turnable.turn(3 * WINDOW)
        await again(hand, "stubborn")
        assert await mails(hand, owner) == 2


async def test_who_gets_no_further_is_told_so_for_longer_each_time(hand: Hand) -> None:
    """A week of asking every hour: some cases, one word to staff, and a stated outcome."""
    async with hand.database.transaction() as tx:
        staff = await parties.add_staff(tx, "leader@example.org", "Leader", {Role.LEADER})
    turnable = clock.Turnable()
    with clock.reading(turnable):
        await owned(hand, "loops")
        for _ in range(7 * 24):
            await again(hand, "loops")
            answer = await again(hand, "loops")
            turnable.turn(timedelta(hours=1))
        assert await many(hand, "loops") < 20
        assert answer.outcome
        assert answer.outcome["code"] == "never"
        assert answer.outcome["stalemate"] >= cases.STALEMATE
        async with hand.database.transaction() as tx:
            told = await tx.fetchval(
                "select count(*) from notice where to_id = $1 and kind = 'dialogue.stalemate'"
                " and words like '%loops%'",
                str(staff.id),
            )
        assert told == 1


async def test_what_comes_to_something_ends_the_row(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        owner = await owned(hand, "agrees")
        for minutes in (5, 10, 20):
            await refused(hand, "agrees")
            turnable.turn(timedelta(minutes=minutes))
        async with hand.database.transaction() as tx:
            await mandates.grant(tx, owner, ALL)
        done = await again(hand, "agrees", "lab.ask")
        assert done.case_id
        async with hand.database.transaction() as tx:
            await journeys.withdraw(tx, done.case_id, "enough", "enough")
            await mandates.revoke(tx, owner, "no more")
        await refused(hand, "agrees")
        turnable.turn(WINDOW)
        assert (await again(hand, "agrees", "lab.ask")).outcome is None


async def test_what_was_told_long_ago_is_forgotten_and_the_rest_is_not(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        owner = await owned(hand, "forgets")
        await again(hand, "forgets")
        turnable.turn(timedelta(minutes=59))
        for forgotten, minutes in ((0, 2), (1, 0)):
            async with hand.database.transaction() as tx:
                for one in journeys.KEPT:
                    await one.let_go(tx)
                left = await tx.fetchval(
                    "select count(*) from journey_told where name like $1", f"refused {owner} %"
                )
            assert left == 1 - forgotten
            turnable.turn(timedelta(minutes=minutes))


async def test_what_is_for_safety_is_taken_each_time(hand: Hand) -> None:
    await owned(hand, "burns")
    first = await again(hand, "burns", "lab.help")
    assert (await again(hand, "burns", "lab.help")).case_id != first.case_id


async def test_what_is_found_opens_a_case_within_the_window_too(hand: Hand) -> None:
    await owned(hand, "found")
    await again(hand, "found", code="P1000")
    await hand.say("found", "speed", [50], start=clock.now(), codes=("P1000",))
    assert await many(hand, "found") == 2


async def test_a_mandate_that_is_given_meanwhile_counts_at_once(hand: Hand) -> None:
    owner = await owned(hand, "mandated")
    first = await refused(hand, "mandated")
    assert (await again(hand, "mandated", "lab.ask")).case_id == first
    async with hand.database.transaction() as tx:
        await mandates.grant(tx, owner, ALL)
    assert (await again(hand, "mandated", "lab.ask")).case_id != first


async def test_a_mandate_that_is_stopped_meanwhile_counts_at_once(hand: Hand) -> None:
    owner = await owned(hand, "stopped")
    async with hand.database.transaction() as tx:
        await mandates.grant(tx, owner, ALL)
    first = await again(hand, "stopped")
    async with hand.database.transaction() as tx:
        await mandates.revoke(tx, owner, "no more")
    assert (await again(hand, "stopped")).case_id != first.case_id


async def test_a_mandate_that_begins_meanwhile_counts_from_then_on(hand: Hand) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        owner = await owned(hand, "begins")
        async with hand.database.transaction() as tx:
            soon = clock.now() + timedelta(minutes=1)
            await mandates.grant(tx, owner, Terms(("*",), begins=soon))
        first = await refused(hand, "begins")
        assert (await again(hand, "begins", "lab.ask")).case_id == first
        turnable.turn(timedelta(minutes=2))
        assert (await again(hand, "begins", "lab.ask")).case_id != first


async def test_an_entitlement_that_is_added_meanwhile_counts_at_once(hand: Hand) -> None:
    await owned(hand, "entitled")
    first = await again(hand, "entitled")
    async with hand.database.transaction() as tx:
        new = Entitlement(
            ids.new(), EntitlementKind.WARRANTY, "entitled", "W1", Payer.ORGANISATION, ("*",)
        )
        await mandates.add_entitlement(tx, new)
    assert (await again(hand, "entitled")).case_id != first.case_id


async def test_a_policy_that_is_set_meanwhile_counts_at_once(hand: Hand) -> None:
    await owned(hand, "policy")
    first = await again(hand, "policy")
    async with hand.database.transaction() as tx:
        await mandates.set_policy(tx, Policy())
    assert (await again(hand, "policy")).case_id != first.case_id


async def test_the_next_owner_hears_nothing_of_it(hand: Hand) -> None:
    await owned(hand, "sold")
    first = await again(hand, "sold")
    buyer = await hand.sell("sold", "buyer-of-sold")
    assert buyer
    answer = await again(hand, "sold")
    assert answer.case_id != first.case_id
    assert answer.outcome is None
    assert await mails(hand, buyer) == 1


async def test_an_owner_who_has_it_back_is_a_new_beginning(hand: Hand) -> None:
    owner = await owned(hand, "back")
    first = await again(hand, "back")
    await hand.sell("back", None)
    async with hand.database.transaction() as tx:
        await hand.flow.transfer(tx, "back", owner, clock.now())
    assert (await again(hand, "back")).case_id != first.case_id
