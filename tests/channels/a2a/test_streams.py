"""Whoever follows a task hears of it to its end, also after having been away."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from a2a.helpers import get_data_parts
from a2a.types import (
    CancelTaskRequest,
    SendMessageRequest,
    StreamResponse,
    SubscribeToTaskRequest,
    TaskState,
)
from a2a.utils.errors import A2AError, TaskNotFoundError
from tests.channels.a2a.conftest import BINDINGS, Agent, Surface

from thingdesk import parties

CANCELLED = TaskState.TASK_STATE_CANCELED


@pytest.fixture(params=BINDINGS)
async def follower(surface: Surface, request: pytest.FixtureRequest) -> Agent:
    return await surface.agent(binding=request.param, streaming=True)


async def heard(stream: AsyncIterator[StreamResponse]) -> list[StreamResponse]:
    async with asyncio.timeout(60):
        return [one async for one in stream]


async def until_asked(stream: AsyncIterator[StreamResponse]) -> StreamResponse:
    async with asyncio.timeout(60):
        async for one in stream:
            if one.status_update.status.state == TaskState.TASK_STATE_AUTH_REQUIRED:
                return one
    raise AssertionError("it ended, and nobody was asked")


def kinds(events: list[StreamResponse]) -> list[str]:
    return [
        str(one.status_update.metadata["kind"]) for one in events if one.HasField("status_update")
    ]


async def test_a_stream_tells_all_of_it_and_ends_with_the_outcome(
    surface: Surface, follower: Agent
) -> None:
    stream = follower.client.send_message(SendMessageRequest(message=follower.message()))
    first = await anext(stream)
    assert first.task.status.state == TaskState.TASK_STATE_WORKING
    working = asyncio.create_task(surface.hand.work())
    asked = await until_asked(stream)
    assert get_data_parts(asked.status_update.status.message.parts)[0]["kind"] == "approval"
    await working
    await surface.hand.answer(UUID(first.task.id), "no")
    events = await heard(stream)
    assert kinds(events)[-1] == "case.ended"
    states = [one.status_update.status.state for one in events if one.HasField("status_update")]
    assert states[-1] == TaskState.TASK_STATE_REJECTED
    assert states.count(TaskState.TASK_STATE_REJECTED) == 1
    (outcome,) = get_data_parts(events[-2].artifact_update.artifact.parts)
    assert outcome["outcome"] == "refused"


async def test_who_comes_back_begins_with_the_task_and_hears_the_rest(
    surface: Surface, follower: Agent
) -> None:
    task = await follower.ask()
    await surface.hand.work()
    stream = follower.client.subscribe(SubscribeToTaskRequest(id=task.id))
    first = await anext(stream)
    assert first.task.status.state == TaskState.TASK_STATE_AUTH_REQUIRED
    hearing = asyncio.create_task(heard(stream))
    await follower.client.cancel_task(CancelTaskRequest(id=task.id))
    events = await hearing
    assert kinds(events)[-1] == "case.ended"
    assert "case.opened" not in kinds(events)
    assert events[-1].status_update.status.state == CANCELLED


async def test_several_follow_one_task_and_hear_the_same(surface: Surface, follower: Agent) -> None:
    task = await follower.ask()
    await surface.hand.work()
    streams = [follower.client.subscribe(SubscribeToTaskRequest(id=task.id)) for _ in range(3)]
    for one in streams:
        await anext(one)
    hearing = [asyncio.create_task(heard(one)) for one in streams]
    await follower.client.cancel_task(CancelTaskRequest(id=task.id))
    first, *others = [kinds(await one) for one in hearing]
    assert first
    assert all(one == first for one in others)


async def test_there_is_nothing_to_follow_of_what_has_ended_or_is_anothers(
    surface: Surface, follower: Agent
) -> None:
    task = await follower.ask()
    stranger = await surface.agent(streaming=True)
    with pytest.raises(TaskNotFoundError):
        await heard(stranger.client.subscribe(SubscribeToTaskRequest(id=task.id)))
    await follower.client.cancel_task(CancelTaskRequest(id=task.id))
    with pytest.raises(A2AError, match="has ended"):
        await heard(follower.client.subscribe(SubscribeToTaskRequest(id=task.id)))


async def test_whose_key_is_revoked_hears_that_and_nothing_more(
    surface: Surface, follower: Agent
) -> None:
    task = await follower.ask()
    stream = follower.client.subscribe(SubscribeToTaskRequest(id=task.id))
    await anext(stream)
    hearing = asyncio.create_task(heard(stream))
    async with surface.hand.database.transaction() as tx:
        await parties.revoke_key(tx, surface.keys[follower.name].kid, "stolen")
    with pytest.raises(A2AError, match="key was revoked"):
        await hearing


async def test_what_was_sold_is_told_no_further(surface: Surface, follower: Agent) -> None:
    task = await follower.ask()
    await surface.hand.work()
    stream = follower.client.subscribe(SubscribeToTaskRequest(id=task.id))
    await anext(stream)
    hearing = asyncio.create_task(heard(stream))
    await surface.hand.sell(follower.name, f"buyer-{follower.name}")
    with pytest.raises(A2AError):
        await hearing
