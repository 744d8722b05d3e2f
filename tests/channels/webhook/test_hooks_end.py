"""Nothing is told any more once that has ended by which an address was registered."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.access.ending import ENDS, End
from tests.access.making import ALL, BASE, Asking, a_machine, paired, shown
from tests.channels.webhook.hooking import DAY, UNAVAILABLE, Side, heard, kinds, states
from tests.dialogue.talk import Talk
from tests.journeys.garage import MISFIRE
from tests.listener import Listener

from thingdesk import hooks
from thingdesk.access import Caller, Callers, Issued, Surface, Tokens
from thingdesk.channels.webhook import OWN
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.errors import Refused


@pytest.mark.parametrize("end", [one for one, _ in ENDS.values()], ids=ENDS)
async def test_nothing_is_told_once_that_has_ended_by_which_it_was_registered(
    talk: Talk, side: Side, listener: Listener, end: End
) -> None:
    database = talk.hand.database
    machine, made, caller = await _by_token(talk)
    hook = await side.register(caller, listener.url)
    await talk.dialogue.ask(caller, "vehicle.repair", MISFIRE)
    await side.tell()
    assert kinds(heard(listener, hook.secret))[1:] == ["case.opened"]
    await talk.hand.work()
    await end(database, machine, made, caller)
    assert await side.tell() == 0
    assert listener.requests.empty()
    async with database.transaction() as tx:
        assert not await hooks.of_machine(tx, caller.machine, caller.owner_id, OWN)


@pytest.mark.parametrize("end", [one for one, _ in ENDS.values()], ids=ENDS)
async def test_nor_is_tried_again_what_was_not_taken_before(
    talk: Talk, side: Side, listener: Listener, end: End
) -> None:
    database = talk.hand.database
    machine, made, caller = await _by_token(talk)
    hook = await side.register(caller, listener.url)
    await talk.asked(caller)
    listener.answer = UNAVAILABLE
    assert await side.tell() > 0
    assert heard(listener, hook.secret)
    await end(database, machine, made, caller)
    async with database.transaction() as tx:
        await tx.execute("update hook_delivery set next_at = now() - interval '1 day'")
    await side.attempt()
    assert listener.requests.empty()
    assert {state for state, _ in await states(database)} == {"given_up"}


@pytest.mark.parametrize("end", [one for one, _ in ENDS.values()], ids=ENDS)
async def test_what_ends_while_its_address_is_tried_registers_nothing(
    talk: Talk, side: Side, listener: Listener, end: End
) -> None:
    database = talk.hand.database
    machine, made, caller = await _by_token(talk)

    async def end_and_take(writer: asyncio.StreamWriter) -> None:
        await end(database, machine, made, caller)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    listener.answer = end_and_take
    with pytest.raises(Refused, match="token"):
        await side.register(caller, listener.url)
    async with database.transaction() as tx:
        assert not await hooks.of_machine(tx, caller.machine, caller.owner_id, OWN)


async def test_a_hook_outlives_its_token_and_a_mandate_that_is_over_ends_it(
    talk: Talk, side: Side, listener: Listener, turnable: clock.Turnable
) -> None:
    terms = replace(ALL, ends=clock.now() + DAY)
    _, _, caller = await _by_token(talk, terms)
    hook = await side.register(caller, listener.url)
    heard(listener, hook.secret)
    turnable.turn(timedelta(hours=1))
    await talk.asked(caller)
    assert await side.tell() > 0
    heard(listener, hook.secret)
    await talk.hand.work()
    turnable.turn(2 * DAY)
    async with talk.hand.database.transaction() as tx:
        await tx.execute("update hook_case set told = 0, behind = true")
    assert await side.tell() == 0
    assert listener.requests.empty()


async def _by_token(talk: Talk, terms: Terms = ALL) -> tuple[Asking, Issued, Caller]:
    database = talk.hand.database
    machine = await a_machine(database, kind="car")
    async with Tokens(database, BASE) as tokens, Callers(database, BASE) as callers:
        made = await paired(database, tokens, machine, terms=terms)
        return machine, made, await callers.recognise(shown(made.token), Surface.HTTP)
