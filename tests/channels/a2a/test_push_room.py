"""There is room for so many addresses of single tasks: what finds none is told before anything is
opened for it."""

import pytest
from a2a.types import ListTasksRequest
from a2a.utils.errors import A2AError
from tests.channels.a2a.conftest import Agent
from tests.channels.a2a.pushing import answer, forget, listed, sending
from tests.listener import Listener

from thingdesk import hooks
from thingdesk.channels.a2a.push import FORM
from thingdesk.hooks import NewHook
from thingdesk.hooks.model import MOST_OF_CASES
from thingdesk.platform import ids
from thingdesk.platform.database import Database


async def fill(database: Database, agent: Agent, url: str, left: int) -> None:
    """It has addresses of so many tasks that there is room for so many more."""
    async with database.transaction() as tx:
        for _ in range(MOST_OF_CASES - left):
            asked = NewHook(agent.name, agent.owner, FORM, url, case_id=ids.new(), name="x")
            await hooks.register(tx, await hooks.make(tx, asked))


async def tasks_of(agent: Agent) -> list[str]:
    found = await agent.client.list_tasks(ListTasksRequest())
    return [one.id for one in found.tasks]


async def test_who_has_no_room_is_refused_before_a_task_is_opened(
    database: Database, agent: Agent, listener: Listener
) -> None:
    await forget(database)
    await fill(database, agent, listener.url, 1)
    last = sending(agent, listener.url)
    task = await answer(agent, last)
    wanted = sending(agent, listener.url, {"service": "vehicle.repair", "input": {"code": "P0420"}})
    with pytest.raises(A2AError, match="200 of one case each"):
        await answer(agent, wanted)
    assert await tasks_of(agent) == [task.id]
    # the one that has its address is answered again, as it opens nothing
    assert (await answer(agent, last)).id == task.id
    assert len(await listed(agent, task)) == 1


async def test_whose_room_is_gone_meanwhile_gets_the_task_and_is_told_so(
    database: Database, agent: Agent, listener: Listener
) -> None:
    """The message is known, so that it opens nothing; as it is for one whose room another took."""
    await forget(database)
    await fill(database, agent, listener.url, 0)
    request = sending(agent, listener.url)
    task = await agent.send(request.message)
    again = await answer(agent, request)
    assert await tasks_of(agent) == [task.id] == [again.id]
    assert dict(again.metadata["push_refused"])["code"] == "too_many_hooks"
    assert not await listed(agent, task)
