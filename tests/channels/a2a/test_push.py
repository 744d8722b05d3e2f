"""An agent is told of its tasks at an address of its own, until it knows the end."""

from datetime import timedelta

import orjson
import pytest
from a2a.types import (
    CancelTaskRequest,
    StreamResponse,
    TaskState,
)
from a2a.utils.errors import A2AError
from google.protobuf.json_format import ParseDict
from tests.channels.a2a.conftest import LOOPBACK, Agent, Surface
from tests.channels.a2a.pushing import (
    SECRETS,
    Side,
    answer,
    forget,
    listed,
    sending,
    states,
    told,
    wish,
    withdraw,
)
from tests.listener import Listener

from thingdesk import parties
from thingdesk.platform import clock


@pytest.fixture
async def side(surface: Surface) -> Side:
    await forget(surface.hand.database)
    return Side(surface, LOOPBACK)


async def test_what_happens_is_told_and_the_end_is_the_last(
    surface: Surface, agent: Agent, side: Side, listener: Listener
) -> None:
    task = await agent.ask()
    kept = await wish(agent, task, listener.url, **SECRETS)
    assert (kept.id, kept.task_id, kept.url) == (task.id, task.id, listener.url)
    await side.tell()
    assert listener.requests.empty(), "nothing has happened since"
    await surface.hand.work()
    await side.tell()
    request = listener.requests.get_nowait()
    assert request.headers["x-a2a-notification-token"] == "seen-by-nobody-else"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["webhook-id"]
    asked = ParseDict(orjson.loads(request.body), StreamResponse()).task
    assert asked.status.state == TaskState.TASK_STATE_AUTH_REQUIRED
    assert asked.context_id == agent.name
    assert any("/question/" in part.url for part in asked.status.message.parts)
    assert listener.requests.empty(), "of several entries the newest says all"
    await agent.client.cancel_task(CancelTaskRequest(id=task.id))
    await side.tell()
    ended = told(listener)
    assert ended.status.state == TaskState.TASK_STATE_CANCELED
    assert ended.artifacts
    assert ended.metadata["number"] > asked.metadata["number"]
    await side.tell()
    assert listener.requests.empty()
    assert not await listed(agent, task), "it ends with its task"
    assert set(await states(surface.hand.database)) == {"delivered"}


async def test_a_message_may_say_where(
    surface: Surface, agent: Agent, side: Side, listener: Listener
) -> None:
    request = sending(agent, listener.url)
    task = await answer(agent, request)
    assert (await answer(agent, request)).id == task.id
    assert len(await listed(agent, task)) == 1, "the same again changes nothing"
    await surface.hand.work()
    await side.tell()
    assert told(listener).id == task.id
    assert listener.requests.empty()


async def test_who_is_away_is_told_later_of_the_newest_once(
    surface: Surface, agent: Agent, side: Side, listener: Listener, turnable: clock.Turnable
) -> None:
    task = await agent.ask()
    await wish(agent, task, listener.url)
    good, listener.answer = listener.answer, b"HTTP/1.1 503 Service Unavailable\r\n\r\n"
    await surface.hand.work()
    await side.tell()
    assert told(listener).status.state == TaskState.TASK_STATE_AUTH_REQUIRED
    await side.tell()
    assert listener.requests.empty()
    await withdraw(surface, agent, task)
    listener.answer = good
    turnable.turn(timedelta(minutes=1))
    await side.tell()
    assert told(listener).status.state == TaskState.TASK_STATE_CANCELED
    assert listener.requests.empty()


async def test_what_is_never_taken_is_given_up_after_days(
    surface: Surface, agent: Agent, side: Side, listener: Listener, turnable: clock.Turnable
) -> None:
    await wish(agent, await agent.ask(), listener.url)
    listener.answer = b"HTTP/1.1 503 Service Unavailable\r\n\r\n"
    await surface.hand.work()
    for _ in range(6 * 24):
        await side.tell()
        turnable.turn(timedelta(hours=1))
    assert await states(surface.hand.database) == ["given_up"]
    assert listener.requests.qsize() > 5


async def test_who_sold_the_machine_is_told_nothing_more(
    surface: Surface, agent: Agent, side: Side, listener: Listener
) -> None:
    await wish(agent, await agent.ask(), listener.url)
    await surface.hand.work()
    await surface.hand.sell(agent.name, f"buyer-{agent.name}")
    await side.tell()
    assert listener.requests.empty()


async def test_a_revoked_key_is_told_nothing_more(
    surface: Surface, agent: Agent, side: Side, listener: Listener
) -> None:
    task = await agent.ask()
    await wish(agent, task, listener.url)
    await surface.hand.work()
    while await side.hooked.catch_up():
        pass  # and so it is due
    async with surface.hand.database.transaction() as tx:
        await parties.revoke_key(tx, surface.keys[agent.name].kid, "copied")
    await side.tell()
    await withdraw(surface, agent, task)
    await side.tell()
    assert listener.requests.empty()


async def test_of_a_task_that_has_ended_nothing_is_told(
    surface: Surface, agent: Agent, listener: Listener
) -> None:
    task = await agent.ask()
    await withdraw(surface, agent, task)
    with pytest.raises(A2AError):
        await wish(agent, task, listener.url)
