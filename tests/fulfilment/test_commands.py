import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.fulfilment.commanding import claimed, refused, result, send, stored, waiting
from tests.fulfilment.making import at_once, happened, heard, make_command, overlapping

from thingdesk import fulfilment
from thingdesk.fulfilment import CommandState, Settled, effects
from thingdesk.fulfilment.commands.model import RESULTS, settle
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused


async def test_a_command_until_its_result(database: Database) -> None:
    command = await send(database, make_command())
    assert await waiting(database, command.machine) == [command]
    assert await waiting(database, "another") == []
    assert await result(database, command, "done", took=3) is Settled.NOW

    sent = await stored(database, command)
    assert (sent.command, sent.state, sent.detail) == (command, CommandState.DONE, {"took": 3})
    assert await waiting(database, command.machine) == []
    assert await heard(database, command.run_id) == {
        f"command:{command.effect_id}": {
            "command": str(command.effect_id),
            "status": "done",
            "detail": {"took": 3},
        }
    }
    assert await happened(database, command.case_id) == ["command.sent", "command.settled"]


async def test_a_command_comes_again_ever_later_until_its_result(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        command = await send(database, make_command())
        assert await claimed(database, command) == 1
        for pause in (10, 20, 40):
            turnable.turn(timedelta(seconds=pause / 2 - 1))
            assert await claimed(database, command) == 0
            turnable.turn(timedelta(seconds=pause / 2 + 1))
            assert await claimed(database, command) == 1
        await result(database, command, "failed")
        turnable.turn(timedelta(minutes=2))
        assert await claimed(database, command) == 0


async def test_nothing_is_put_out_after_its_time(database: Database) -> None:
    turnable = clock.Turnable()
    with clock.reading(turnable):
        command = await send(database, make_command())
        turnable.turn(timedelta(minutes=10))
        assert await claimed(database, command) == 0
        assert await waiting(database, command.machine) == []


async def test_the_first_of_many_results_at_once_counts(database: Database) -> None:
    command = await send(database, make_command())

    async def one(status: str) -> str:
        try:
            return await result(database, command, status)
        except Refused as caught:
            return caught.refusal.code

    said = await at_once(database, *(one(status) for status in ["done", "failed"] * 10))
    assert said.count("now") == 1
    assert said.count("repeated") == 9
    assert said.count("command_settled") == 10
    assert await happened(database, command.case_id) == ["command.sent", "command.settled"]


async def test_a_result_waits_for_one_that_is_not_committed(database: Database) -> None:
    command = await send(database, make_command())

    def say(status: str) -> Callable[[Transaction], Awaitable[Settled]]:
        return lambda tx: fulfilment.settle_command(
            tx, command.effect_id, command.machine, status, {}
        )

    with pytest.raises(Refused, match="command_settled"):
        await overlapping(database, say("done"), say("failed"))
    assert (await stored(database, command)).state is CommandState.DONE


async def test_a_result_of_another_machine_is_refused(database: Database) -> None:
    command = await send(database, make_command())
    assert await refused(database, command, "done", machine="thief") == "command_unknown"
    assert await refused(database, make_command(), "done") == "command_unknown"
    assert (await stored(database, command)).state is CommandState.WAITING


async def test_a_result_that_cannot_be_is_refused(database: Database) -> None:
    command = await send(database, make_command())
    for ours in ("waiting", "unanswered", "undelivered"):
        assert await refused(database, command, ours) == "result_invalid"
    assert await refused(database, command, "splendid") == "result_invalid"
    assert await refused(database, command, "done", text="a\x00b") == "result_invalid"
    assert (await stored(database, command)).state is CommandState.WAITING


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Re start"},
        {"expires": (clock.now() + timedelta(hours=1)).replace(tzinfo=None)},
        {"arguments": {"text": "x" * 20_000}},
        {"preconditions": {"speed": 0}},
        {"preconditions": {"speed": {}}},
        {"preconditions": {"speed": {"below": 3}}},
        {"preconditions": {"speed": {"max": "slow"}}},
        {"preconditions": {"speed": {"min": True}}},
        {"preconditions": {"speed": {"equals": None}}},
        {"preconditions": {"speed": {"equals": [1]}}},
    ],
)
async def test_a_command_that_no_machine_could_follow_is_refused(
    database: Database, changes: dict[str, Any]
) -> None:
    command = make_command(**changes)
    with pytest.raises(Refused) as caught:
        await send(database, command)
    assert caught.value.refusal.code == "command_invalid"
    assert await happened(database, command.case_id) == []


async def test_sending_the_same_effect_again_changes_nothing(database: Database) -> None:
    command = make_command()
    other = make_command(effect_id=command.effect_id, case_id=command.case_id, name="stop")
    async with database.transaction() as tx:
        await effects.send_command(tx, command)
        await effects.send_command(tx, other)
    await at_once(database, *(send(database, other) for _ in range(10)))
    assert (await stored(database, command)).command == command
    assert await happened(database, command.case_id) == ["command.sent"]


async def test_many_commands_of_one_transaction(database: Database) -> None:
    machine = f"m-{ids.new()}"
    commands = [make_command(machine=machine) for _ in range(50)]
    async with database.transaction() as tx:
        for command in commands:
            await effects.send_command(tx, command)
    known = {one.effect_id: one for one in await waiting(database, machine)}
    assert known == {one.effect_id: one for one in commands}


@pytest.mark.parametrize("status", sorted(RESULTS))
def test_what_a_result_does(status: CommandState) -> None:
    """What the desk alone has said of a command gives way to its machine's word, whatever it is."""
    assert settle(CommandState.WAITING, status) is Settled.NOW
    for silent in (CommandState.UNANSWERED, CommandState.UNDELIVERED):
        assert settle(silent, status) is Settled.LATE
    for known in RESULTS - {status}:
        assert settle(known, status) is Settled.OTHER
    assert settle(status, status) is Settled.REPEATED


async def test_another_machines_word_about_a_command_holds_nobody_up(database: Database) -> None:
    command = await send(database, make_command())
    async with database.transaction() as tx:
        with pytest.raises(Refused):
            await fulfilment.settle_command(tx, command.effect_id, "another", "done", {})
        async with asyncio.timeout(60):
            assert await result(database, command, "done") is Settled.NOW
