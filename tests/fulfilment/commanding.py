"""What tests of commands do to them."""

from typing import Any
from uuid import UUID

import pytest

from thingdesk import fulfilment
from thingdesk.fulfilment import Command, SentCommand, Settled, effects
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def send(database: Database, command: Command) -> Command:
    async with database.transaction() as tx:
        assert await effects.send_command(tx, command) == command.effect_id
    return command


async def result(
    database: Database, command: Command, status: str, machine: str | None = None, **detail: Any
) -> Settled:
    async with database.transaction() as tx:
        return await fulfilment.settle_command(
            tx, command.effect_id, machine or command.machine, status, detail
        )


async def refused(
    database: Database, command: Command, status: str, machine: str | None = None, **detail: Any
) -> str:
    with pytest.raises(Refused) as caught:
        await result(database, command, status, machine, **detail)
    assert caught.value.refusal.reason
    return caught.value.refusal.code


async def stored(database: Database, command: Command) -> SentCommand:
    async with database.transaction() as tx:
        (sent,) = await fulfilment.commands_of(tx, command.case_id)
        return sent


async def waiting(database: Database, machine: str) -> list[Command]:
    async with database.transaction() as tx:
        found = await fulfilment.waiting_commands(tx, machine)
    return [one.command for one in found if one.recalled_at is None]


async def recalls(database: Database, machine: str) -> list[UUID]:
    async with database.transaction() as tx:
        found = await fulfilment.waiting_commands(tx, machine)
    return [one.id for one in found if one.recalled_at is not None]


async def recall(database: Database, command: Command) -> bool:
    async with database.transaction() as tx:
        return await effects.recall_command(tx, command.effect_id, "The owner said stop.")


async def expire(database: Database) -> int:
    async with database.transaction() as tx:
        return await fulfilment.expire_commands(tx)


async def claimed(database: Database, command: Command) -> int:
    """How often the command is among those that are due."""
    async with database.transaction() as tx:
        due = await fulfilment.claim_due_commands(tx, 1000)
    return [one.command for one in due if one.recalled_at is None].count(command)
