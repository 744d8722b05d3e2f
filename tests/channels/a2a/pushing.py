"""What the desk tells agents of their tasks, and where they heard it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from a2a.types import (
    AuthenticationInfo,
    ListTaskPushNotificationConfigsRequest,
    SendMessageConfiguration,
    SendMessageRequest,
    StreamResponse,
    Task,
    TaskPushNotificationConfig,
)
from google.protobuf.json_format import ParseDict
from tests.channels.a2a.conftest import Agent, Surface
from tests.listener import Listener

from thingdesk.access import Caller
from thingdesk.channels import a2a
from thingdesk.channels.webhook import Form, Hooked, Webhooks
from thingdesk.platform.database import Database
from thingdesk.platform.outward import Names, Network

SECRETS = {
    "token": "seen-by-nobody-else",
    "authentication": AuthenticationInfo(scheme="Bearer", credentials="s3cret"),
}


class Side:
    """What the desk does by itself: it looks what happened, and delivers."""

    def __init__(
        self, surface: Surface, allowed: Sequence[Network], names: Names | None = None
    ) -> None:
        form = Form(a2a.kind, a2a.payload, a2a.MEDIA, all_of_it=True)
        database = surface.hand.database
        self.hooked = Hooked(database, surface.doors.dialogue, {a2a.FORM: form})
        self.webhooks = Webhooks(database, self.hooked, allowed=allowed, names=names)

    async def tell(self) -> None:
        """One attempt for all that is due."""
        while await self.hooked.catch_up():
            pass
        while await self.webhooks.begin():
            await self.webhooks.finish()


async def forget(database: Database) -> None:
    """What other tests registered."""
    async with database.transaction() as tx:
        await tx.execute("truncate hook cascade")


async def wish(agent: Agent, task: Task, url: str, **more: Any) -> TaskPushNotificationConfig:
    return await agent.client.create_task_push_notification_config(
        TaskPushNotificationConfig(task_id=task.id, url=url, **more)
    )


async def listed(agent: Agent, task: Task, **page: Any) -> list[TaskPushNotificationConfig]:
    asked = ListTaskPushNotificationConfigsRequest(task_id=task.id, **page)
    return list((await agent.client.list_task_push_notification_configs(asked)).configs)


def sending(agent: Agent, url: str, given: Any = None) -> SendMessageRequest:
    """A message that says where to tell of its task."""
    configuration = SendMessageConfiguration(
        return_immediately=True,
        task_push_notification_config=TaskPushNotificationConfig(url=url, token="t"),
    )
    return SendMessageRequest(message=agent.message(given), configuration=configuration)


async def answer(agent: Agent, request: SendMessageRequest) -> Task:
    async for one in agent.client.send_message(request):
        task: Task = one.task
    return task


def told(listener: Listener) -> Task:
    request = listener.requests.get_nowait()
    assert request.headers["content-type"] == "application/a2a+json"
    task: Task = ParseDict(orjson.loads(request.body), StreamResponse()).task
    return task


async def withdraw(surface: Surface, agent: Agent, task: Task) -> None:
    await surface.doors.dialogue.withdraw(Caller(agent.name, agent.owner), UUID(task.id))


async def states(database: Database) -> list[str]:
    async with database.transaction() as tx:
        rows = await tx.fetch("select state from hook_delivery order by number")
    return [row["state"] for row in rows]
