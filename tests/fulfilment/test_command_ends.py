"""Commands whose time is over, and commands that are taken back."""

from datetime import timedelta

import pytest
from tests.fulfilment.commanding import (
    claimed,
    expire,
    recall,
    recalls,
    refused,
    result,
    send,
    stored,
    waiting,
)
from tests.fulfilment.making import happened, heard, make_command, overlapping

from thingdesk import fulfilment
from thingdesk.fulfilment import Command, CommandState, Settled, effects
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.timeline import read


@pytest.mark.parametrize("how", ["published", "fetched"])
async def test_what_became_of_a_command_that_was_put_out_only_the_machine_knows(
    database: Database, how: str
) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        command = await send(database, make_command())
        if how == "published":
            assert await claimed(database, command) == 1
        else:
            assert await waiting(database, command.machine) == [command]
        turnable.turn(timedelta(minutes=11))
        assert await expire(database) >= 1
        assert await expire(database) == 0
        assert (await stored(database, command)).state is CommandState.UNANSWERED
        assert await heard(database, command.run_id) == {}, "nobody can say what became of it"
        assert await result(database, command, "done", took=9) is Settled.LATE
        assert await result(database, command, "done", took=9) is Settled.REPEATED
        assert await refused(database, command, "failed") == "command_settled"
    settled = await stored(database, command)
    assert (settled.state, settled.detail) == (CommandState.DONE, {"took": 9})
    message = (await heard(database, command.run_id))[fulfilment.command_key(command.effect_id)]
    assert (message["status"], message["detail"]) == ("done", {"took": 9})
    assert await happened(database, command.case_id) == [
        "command.sent",
        "command.unanswered",
        "command.settled",
    ]
    assert await late(database, command) == [True]


async def late(database: Database, command: Command) -> list[bool]:
    async with database.transaction() as tx:
        entries = await read(tx, f"case:{command.case_id}")
    return [
        entry.value["late"] for entry in entries if entry.value and entry.kind == "command.settled"
    ]


async def test_a_command_that_was_never_put_out_ends_with_its_time(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        command = await send(database, make_command())
        other = await send(database, make_command(expires=clock.now() + timedelta(hours=1)))
        turnable.turn(timedelta(minutes=11))
        assert await expire(database) >= 1
    assert (await stored(database, command)).state is CommandState.UNDELIVERED
    assert (await stored(database, other)).state is CommandState.WAITING
    message = (await heard(database, command.run_id))[fulfilment.command_key(command.effect_id)]
    assert message["status"] == "undelivered"
    assert await happened(database, command.case_id) == ["command.sent", "command.undelivered"]


async def test_a_command_that_was_not_put_out_is_taken_back_for_certain(
    database: Database,
) -> None:
    command = await send(database, make_command())
    assert await recall(database, command) is True
    assert (await stored(database, command)).state is CommandState.UNDELIVERED
    assert await claimed(database, command) == 0
    assert await waiting(database, command.machine) == []
    assert await recalls(database, command.machine) == []
    assert await recall(database, command) is False
    assert await happened(database, command.case_id) == ["command.sent", "command.undelivered"]


@pytest.mark.parametrize("said", ["recalled", "done"])
async def test_a_command_that_was_put_out_is_followed_by_its_recall(
    database: Database, said: str
) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        command = await send(database, make_command())
        assert await claimed(database, command) == 1
        assert await recall(database, command) is False
        assert await recall(database, command) is False
        async with database.transaction() as tx:
            due = await fulfilment.claim_due_commands(tx, 1000)
        assert [one.recall_reason for one in due if one.id == command.effect_id] == [
            "The owner said stop."
        ], "at once, whatever the pause of the command was"
        assert await waiting(database, command.machine) == []
        assert await recalls(database, command.machine) == [command.effect_id]
        assert await result(database, command, said) is Settled.NOW
        assert await recalls(database, command.machine) == []
        turnable.turn(timedelta(minutes=2))
        assert await claimed(database, command) == 0
    assert (await stored(database, command)).state is CommandState(said)
    assert await happened(database, command.case_id) == [
        "command.sent",
        "command.recalled",
        "command.settled",
    ]


async def test_a_recall_without_an_answer_ends_with_the_commands_time(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        command = await send(database, make_command())
        await claimed(database, command)
        await recall(database, command)
        turnable.turn(timedelta(minutes=11))
        await expire(database)
        assert await recalls(database, command.machine) == []
    assert (await stored(database, command)).state is CommandState.UNANSWERED


async def test_a_command_that_has_a_result_is_not_taken_back(database: Database) -> None:
    command = await send(database, make_command())
    await waiting(database, command.machine)
    await result(database, command, "done")
    assert await recall(database, command) is False
    assert (await stored(database, command)).state is CommandState.DONE
    assert await happened(database, command.case_id) == ["command.sent", "command.settled"]


async def test_what_a_machine_is_fetching_is_not_called_undelivered(database: Database) -> None:
    """It is marked as put out before it is, in the transaction that reads it."""
    command = await send(database, make_command())

    async def fetch(tx: Transaction) -> None:
        assert await fulfilment.waiting_commands(tx, command.machine)

    async def take_back(tx: Transaction) -> bool:
        return await effects.recall_command(tx, command.effect_id, "stop")

    assert await overlapping(database, fetch, take_back) is False
    assert await recalls(database, command.machine) == [command.effect_id]
