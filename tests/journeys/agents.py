"""Assistants and agents, and what owners permit them."""

from dataclasses import replace
from uuid import UUID

from tests.hand import Hand
from tests.parties.making import unique

from thingdesk import mandates, parties
from thingdesk.cases import Answer, Report
from thingdesk.mandates import Mandate, Terms
from thingdesk.parties import NewMachine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refusal
from thingdesk.platform.money import Money


def euros(amount: int) -> Money:
    return Money(amount * 100, "EUR")


REPAIRS = Terms(("vehicle.repair",), per_case=euros(500), per_period=euros(2000), depth=1)


async def an_agent(database: Database) -> str:
    """Of no owner, and with no key: what it shows is a token of the desk's."""
    name = unique("agent")
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(name, "agent")])
    return name


async def give(
    database: Database,
    owner: UUID,
    to: str | None = None,
    terms: Terms = REPAIRS,
    parent: UUID | None = None,
) -> Mandate:
    to = to or await an_agent(database)
    async with database.transaction() as tx:
        return await mandates.grant(tx, owner, terms, to=to, parent=parent)


async def ask(
    hand: Hand,
    under: Mandate,
    subject: str,
    code: str = "P0301",
    *,
    service: str = "vehicle.repair",
    by: str | None = None,
    event: str | None = None,
) -> Answer | Refusal:
    """The agent asks for it, and what that begins is worked on."""
    event = event or str(ids.new())
    given = {"code": code}
    said = f"{subject} {service} {code} {event}".encode()
    reporter = by or under.to or ""
    one = Report(reporter, event, said, clock.now(), service, given, subject)
    async with hand.database.transaction() as tx:
        (answer,) = await hand.flow.take_reports(tx, [replace(one, mandate_id=under.id)])
    await hand.work()
    return answer


async def opened(hand: Hand, under: Mandate, subject: str, code: str = "P0301") -> UUID:
    answer = await ask(hand, under, subject, code)
    assert isinstance(answer, Answer), answer
    assert answer.case_id
    return answer.case_id


async def refused(hand: Hand, under: Mandate, subject: str, code: str = "P0301") -> str:
    answer = await ask(hand, under, subject, code)
    assert isinstance(answer, Refusal), answer
    return answer.code
