"""Where an agent wants to be told: who may say so, what is refused, and who is shown it."""

import logging
from typing import Any

import pytest
from a2a.types import (
    AuthenticationInfo,
    DeleteTaskPushNotificationConfigRequest,
    GetTaskPushNotificationConfigRequest,
    GetTaskRequest,
)
from a2a.utils.errors import A2AError, TaskNotFoundError
from tests.channels.a2a.conftest import LOOPBACK, Agent, Surface
from tests.channels.a2a.pushing import (
    SECRETS,
    Side,
    answer,
    forget,
    listed,
    sending,
    states,
    wish,
)
from tests.listener import Listener, listening

from thingdesk.access import Caller
from thingdesk.platform.outward import Names


@pytest.fixture
async def side(surface: Surface) -> Side:
    await forget(surface.hand.database)
    return Side(surface, LOOPBACK)


async def test_what_an_agent_gave_as_a_proof_is_shown_to_nobody_again(
    surface: Surface, agent: Agent, side: Side, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    listener.answer = b"HTTP/1.1 503 Busy\r\n\r\n"
    task = await agent.ask()
    kept = await wish(agent, task, listener.url, **SECRETS)
    wanted = GetTaskPushNotificationConfigRequest(task_id=task.id, id=kept.id)
    got = await agent.client.get_task_push_notification_config(wanted)
    for one in (kept, got, *await listed(agent, task)):
        assert one.authentication.scheme == "Bearer"
        assert (one.token, one.authentication.credentials) == ("", "")
    await surface.hand.work()
    await side.tell()
    assert not listener.requests.empty()
    async with surface.hand.database.transaction() as tx:
        rows = await tx.fetch("select value::text from timeline_value")
    said = "\n".join(row["value"] for row in rows) + caplog.text
    assert "hook.registered" in said or kept.url.split("/")[2] in said
    for secret in ("seen-by-nobody-else", "s3cret"):
        assert secret not in said


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/told",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.1.2.3]/",
        "http://192.0.2.1@127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "told",
        "https://desk.example/" + "x" * 2_100,
    ],
)
async def test_an_address_that_may_not_be_called_is_refused_at_once(
    surface: Surface, agent: Agent, url: str
) -> None:
    task = await agent.ask()
    with pytest.raises(A2AError):
        await wish(agent, task, url)
    before = await agent.client.get_task(GetTaskRequest(id=task.id))
    more = {"service": "vehicle.repair", "input": {"code": "P0302"}}
    with pytest.raises(A2AError):
        await answer(agent, sending(agent, url, more))
    assert not await listed(agent, task)
    seen = await surface.doors.dialogue.cases(Caller(agent.name, agent.owner))
    assert [str(one.id) for one in seen.cases] == [before.id], "a refused message asks for nothing"


async def test_a_name_that_points_inside_later_is_not_called(
    surface: Surface, agent: Agent, listener: Listener
) -> None:
    """What no network said when it was registered, and says when it is called."""
    await forget(surface.hand.database)
    inside: list[Any] = [(None, None, None, None, ("10.0.0.1", listener.port))]
    task = await agent.ask()
    await wish(agent, task, f"http://told.invalid:{listener.port}/")
    await surface.hand.work()
    await Side(surface, LOOPBACK, Names(lambda *_, **__: inside)).tell()
    assert await states(surface.hand.database) == ["given_up"]
    assert not await listed(agent, task), "it has ended"


async def test_a_redirect_is_not_followed(
    surface: Surface, agent: Agent, side: Side, listener: Listener
) -> None:
    async with listening() as inside:
        listener.answer = f"HTTP/1.1 307 Go\r\nlocation: {inside.url}\r\n\r\n".encode()
        await wish(agent, await agent.ask(), listener.url, **SECRETS)
        await surface.hand.work()
        await side.tell()
        assert not listener.requests.empty()
        assert inside.requests.empty()


@pytest.mark.parametrize(
    "more",
    [
        {"token": "a\r\nX-Evil: 1"},
        {"token": "x" * 1_001},
        {"id": "a b"},
        {"id": "a/é"},
        {"authentication": AuthenticationInfo(scheme="Bearer", credentials="a\nb")},
        {"authentication": AuthenticationInfo(scheme="Be arer", credentials="a")},
        {"authentication": AuthenticationInfo(scheme="Bearer", credentials="x" * 4_001)},
    ],
)
async def test_what_fits_no_header_is_refused(
    agent: Agent, listener: Listener, more: dict[str, Any]
) -> None:
    task = await agent.ask()
    with pytest.raises(A2AError):
        await wish(agent, task, listener.url, **more)
    assert not await listed(agent, task)


async def test_addresses_are_listed_got_changed_and_deleted_by_their_machine_alone(
    surface: Surface, agent: Agent, side: Side, listener: Listener
) -> None:
    task = await agent.ask()
    await wish(agent, task, f"{listener.url}?old", id="one", token="old")
    await wish(agent, task, listener.url, id="two")
    await wish(agent, task, listener.url, id="one", token="new")
    other = await agent.ask({"service": "vehicle.repair", "input": {"code": "P0302"}})
    assert not await listed(agent, other)
    assert [one.id for one in await listed(agent, task)] == ["one", "two"]
    assert [one.id for one in await listed(agent, task, page_size=1)] == ["one"]
    assert [one.id for one in await listed(agent, task, page_token="one")] == ["two"]
    got = GetTaskPushNotificationConfigRequest(task_id=task.id, id="one")
    assert (await agent.client.get_task_push_notification_config(got)).url == listener.url
    gone = DeleteTaskPushNotificationConfigRequest(task_id=task.id, id="two")
    stranger = await surface.agent()
    for attempt in (
        stranger.client.get_task_push_notification_config(got),
        stranger.client.delete_task_push_notification_config(gone),
        listed(stranger, task),
        wish(stranger, task, listener.url),
    ):
        with pytest.raises(TaskNotFoundError):
            await attempt
    for _ in range(2):
        await agent.client.delete_task_push_notification_config(gone)
    wanted = GetTaskPushNotificationConfigRequest(task_id=task.id, id="two")
    with pytest.raises(TaskNotFoundError):
        await agent.client.get_task_push_notification_config(wanted)
    await surface.hand.work()
    await side.tell()
    (request,) = [listener.requests.get_nowait() for _ in range(listener.requests.qsize())]
    assert request.headers["x-a2a-notification-token"] == "new"


async def test_the_same_id_on_another_task_is_another_address(
    agent: Agent, listener: Listener
) -> None:
    first = await agent.ask()
    second = await agent.ask({"service": "vehicle.repair", "input": {"code": "P0217"}})
    for task, url in ((first, f"{listener.url}?first"), (second, f"{listener.url}?second")):
        await wish(agent, task, url, id="mine")
    assert [one.url for one in await listed(agent, first)] == [f"{listener.url}?first"]
    assert [one.url for one in await listed(agent, second)] == [f"{listener.url}?second"]


async def test_what_another_machine_of_the_owner_asked_for_is_its_own(
    surface: Surface, side: Side, listener: Listener
) -> None:
    """Both see the task; where to tell of it is the concern of whoever said so."""
    agent = await surface.agent()
    helper = await surface.beside(agent)
    asked = {"service": "vehicle.repair", "input": {"code": "P0301"}, "subject": agent.name}
    task = await helper.ask(asked)
    assert (await agent.task(task)).id == task.id
    await wish(agent, task, listener.url)
    assert not await listed(helper, task)
    wanted = GetTaskPushNotificationConfigRequest(task_id=task.id, id=task.id)
    with pytest.raises(TaskNotFoundError):
        await helper.client.get_task_push_notification_config(wanted)
    await wish(helper, task, f"{listener.url}?helper")
    (kept,) = await listed(agent, task)
    assert kept.url == listener.url
    await surface.hand.work()
    await side.tell()
    assert listener.requests.qsize() == 2
