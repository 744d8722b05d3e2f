"""Machines without a key of their own: what they say is said under what their owner let them do."""

from dataclasses import dataclass
from uuid import UUID

import orjson
import pytest
from tests.access.agents import an_agent
from tests.access.making import BASE
from tests.hand import Hand
from tests.journeys.garage import MISFIRE, car, open_garage
from tests.parties.making import signing, unique
from tests.saying import Event, event, signal

from thingdesk import cases, mandates, parties
from thingdesk.access import Surface
from thingdesk.intake import Kind
from thingdesk.intake.answer import answer
from thingdesk.intake.model import Message, Settled
from thingdesk.intake.read import read
from thingdesk.platform.database import Database


@dataclass
class Agent:
    """An application that an owner lets act over MQTT, and that owner's car."""

    hand: Hand
    name: str
    owner: UUID
    mandate: UUID
    car: str

    def said(self, kind: Kind, one: Event, mandate: UUID | None = None) -> Message:
        return read(self.name, kind, orjson.dumps(one), mandate)[0]

    def report(self) -> Event:
        given = {"service": "vehicle.repair", "input": MISFIRE, "subject": self.car}
        return event(self.name, "report", given)

    async def say(self, kind: Kind, *said: Message) -> list[Settled]:
        async with self.hand.database.transaction() as tx:
            return await answer(self.hand.flow, parties.recognised, kind, tx, said)


@pytest.fixture(scope="module")
async def hand(database: Database) -> Hand:
    return await open_garage(database)


async def agent_of(hand: Hand, surface: Surface) -> Agent:
    name = unique("car")
    owner = await car(hand, name)
    made = await an_agent(hand.database, BASE, surface, owner=owner)
    return Agent(hand, made.machine, owner, made.mandate, name)


def code_of(became: Settled) -> str:
    return became.refused[0].refusal.code if became.refused else ""


async def test_what_it_reports_over_mqtt_is_asked_for_under_its_mandate(hand: Hand) -> None:
    agent = await agent_of(hand, Surface.MQTT)
    (became,) = await agent.say(Kind.REPORTS, agent.said(Kind.REPORTS, agent.report()))
    case_id = UUID(became.entries[0]["case"])
    async with hand.database.transaction() as tx:
        assert [one.id for one in await cases.under(tx, agent.mandate, 10)] == [case_id]
    async with hand.database.transaction() as tx:
        await mandates.revoke(tx, agent.owner, "stop", mandate_id=agent.mandate)
    (became,) = await agent.say(Kind.REPORTS, agent.said(Kind.REPORTS, agent.report()))
    assert code_of(became) == "machine_not_recognised"


async def test_what_it_was_let_do_elsewhere_is_nothing_over_mqtt(hand: Hand) -> None:
    agent = await agent_of(hand, Surface.HTTP)
    over_http = agent.said(Kind.REPORTS, agent.report(), agent.mandate)
    over_mqtt = agent.said(Kind.REPORTS, agent.report())
    first, second = await agent.say(Kind.REPORTS, over_http, over_mqtt)
    assert first.entries
    assert code_of(second) == "machine_not_recognised", "though it comes with one that is heard"


async def test_its_signals_are_not_heard(hand: Hand) -> None:
    agent = await agent_of(hand, Surface.MQTT)
    for under in (None, agent.mandate):
        (became,) = await agent.say(
            Kind.SIGNALS, agent.said(Kind.SIGNALS, signal(agent.name), under)
        )
        assert code_of(became) == "machine_not_recognised"


async def test_who_has_lost_its_key_is_none_without(hand: Hand) -> None:
    agent = await agent_of(hand, Surface.MQTT)
    async with hand.database.transaction() as tx:
        kid = await parties.add_key(tx, agent.name, signing(agent.name).x)
        await parties.revoke_key(tx, kid, "stolen")
    said = (agent.said(Kind.REPORTS, agent.report(), under) for under in (None, agent.mandate))
    for became in await agent.say(Kind.REPORTS, *said):
        assert code_of(became) == "machine_not_recognised"
