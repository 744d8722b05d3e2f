"""A garage whose desk answers agents over HTTP, and agents of A2A's own library."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import httpx
import pytest
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.helpers import new_data_message
from a2a.types import (
    AgentCard,
    GetTaskRequest,
    Message,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
    Task,
)
from starlette.routing import Router
from tests.hand import Hand
from tests.journeys.garage import MISFIRE, car, open_garage
from tests.listener import Listener, listening
from tests.parties.making import Signing, signing, unique

from thingdesk import parties
from thingdesk.access import Callers
from thingdesk.access import Surface as Access
from thingdesk.calling import Calls
from thingdesk.channels import a2a
from thingdesk.dialogue import Dialogue
from thingdesk.intake import Intake
from thingdesk.mandates import Terms
from thingdesk.platform.database import Database
from thingdesk.platform.quota import Quota
from thingdesk.platform.serve import listen, serve

LOOPBACK = (ip_network("127.0.0.0/8"),)
BINDINGS = ("JSONRPC", "HTTP+JSON")


@dataclass
class Agent:
    """A machine, and what it says to the desk by one binding of A2A."""

    name: str
    owner: UUID
    http: httpx.AsyncClient
    client: Client
    messages: list[str] = field(default_factory=list)

    def message(self, given: Any = None, **more: Any) -> Message:
        asked = given if given is not None else {"service": "vehicle.repair", "input": MISFIRE}
        made = new_data_message(asked, role=Role.ROLE_USER)
        made.MergeFrom(Message(**more))
        self.messages.append(made.message_id)
        return made

    async def ask(self, given: Any = None, *, wait: bool = False, **more: Any) -> Task:
        """The task of what is asked for."""
        return await self.send(self.message(given, **more), wait=wait)

    async def send(self, message: Message, *, wait: bool = False) -> Task:
        configuration = SendMessageConfiguration(return_immediately=not wait)
        request = SendMessageRequest(message=message, configuration=configuration)
        async for one in self.client.send_message(request):
            assert one.HasField("task"), one
            return one.task
        raise AssertionError("there was no answer")

    async def task(self, task: Task) -> Task:
        return await self.client.get_task(GetTaskRequest(id=task.id))


@dataclass
class Surface:
    """A desk's front for agents."""

    hand: Hand
    url: str
    doors: a2a.Doors
    card: AgentCard
    open: list[Agent] = field(default_factory=list)
    keys: dict[str, Signing] = field(default_factory=dict)

    async def agent(
        self, *, binding: str = "JSONRPC", streaming: bool = False, terms: Terms | None = None
    ) -> Agent:
        """One that is the owner's own car, with a key of its own."""
        name = unique("car")
        owner = await car(self.hand, name, terms)
        key = self.keys[name] = signing(name)
        async with self.hand.database.transaction() as tx:
            await parties.add_key(tx, name, key.x)
        return self.speaking(name, owner, binding=binding, streaming=streaming)

    async def beside(self, agent: Agent) -> Agent:
        """Another machine of the same owner, an assistant."""
        name = unique("assistant")
        key = self.keys[name] = signing(name)
        async with self.hand.database.transaction() as tx:
            owner = await parties.get_owner(tx, agent.owner)
            assert owner
            new = parties.NewOwner(owner.email or "", owner.name, owner.zone)
            machine = parties.NewMachine(name, "assistant", "assistant", key=key.x, owner=new)
            await parties.register(tx, [machine])
        return self.speaking(name, agent.owner)

    def speaking(
        self, name: str, owner: UUID, *, binding: str = "JSONRPC", streaming: bool = False
    ) -> Agent:
        bearer = {"Authorization": f"Bearer {self.keys[name].token()}"}
        http = httpx.AsyncClient(base_url=self.url, headers=bearer, timeout=30)
        config = ClientConfig(
            httpx_client=http,
            streaming=streaming,
            supported_protocol_bindings=[binding],
            use_client_preference=True,
        )
        one = Agent(name, owner, http, ClientFactory(config).create(self.card))
        self.open.append(one)
        return one


@pytest.fixture(scope="module")
async def surface(database: Database) -> AsyncIterator[Surface]:
    hand = await open_garage(database)
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
    stop, door = asyncio.Event(), listen("127.0.0.1", 0, "")
    async with (
        Intake(database, hand.flow, key) as intake,
        Callers(database, door.url) as callers,
        asyncio.TaskGroup() as group,
    ):
        dialogue = Dialogue(database, hand.flow, intake, door.url, stop)
        group.create_task(dialogue.run())
        calls = Calls(callers, Access.A2A, Quota(100_000))
        doors, app = a2a.Doors(calls, dialogue, key, database, LOOPBACK), Router()
        a2a.install(app, doors)
        async with serve(app, door):
            async with httpx.AsyncClient(timeout=30) as http:
                card = await A2ACardResolver(http, door.url).get_agent_card()
            one = Surface(hand, door.url, doors, card)
            yield one
            for agent in one.open:
                await agent.http.aclose()
            stop.set()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as one:
        yield one


@pytest.fixture(params=BINDINGS)
async def agent(surface: Surface, request: pytest.FixtureRequest) -> Agent:
    """By each binding in turn."""
    return await surface.agent(binding=request.param)
