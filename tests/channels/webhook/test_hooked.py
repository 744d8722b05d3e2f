"""What happens to a machine's cases is told at the address that it registered."""

import asyncio
from base64 import b64encode
from datetime import timedelta

import pytest
from tests.channels.webhook.hooking import (
    BUSY,
    DAY,
    Side,
    heard,
    kinds,
    states,
)
from tests.dialogue.talk import Talk
from tests.listener import Listener
from tests.waiting import until

from thingdesk import hooks
from thingdesk.channels.webhook import OWN
from thingdesk.platform import clock, ids
from thingdesk.platform.errors import Refused
from thingdesk.platform.pool import is_passing


async def test_a_case_is_told_from_its_opening_on(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller = await talk.car()
    hook = await side.register(caller, listener.url)
    assert kinds(heard(listener, hook.secret)) == ["hook.registered"]
    case_id = await talk.asked(caller)
    await side.tell()
    told = heard(listener, hook.secret)
    entries = await talk.dialogue.timeline(caller, case_id)
    assert kinds(told) == [one.kind for one in entries]
    assert kinds(told)[0] == "case.opened"
    (asked,) = (one["data"]["detail"] for one in told if one["type"] == "decision.asked")
    (waiting,) = (await talk.dialogue.case(caller, case_id)).waiting
    assert asked["page"] == waiting.url
    assert waiting.url.endswith(f"/question/{asked['decision']}")
    first = min(told, key=lambda one: one["data"]["number"])["data"]
    assert first["hops"] == 1
    assert first["case"] == str(case_id)
    assert (first["subject"], first["service"]) == (caller.machine, "vehicle.repair")
    assert await side.tell() == 0
    await talk.hand.answer(case_id, "no")
    await side.tell()
    after = heard(listener, hook.secret)
    assert "case.ended" in kinds(after)
    assert not {one["id"] for one in after} & {one["id"] for one in told}


async def test_the_test_message_is_verified_by_a_secret_of_the_callers(
    talk: Talk, side: Side, listener: Listener
) -> None:
    secret = "whsec_" + b64encode(bytes(range(24))).decode()
    hook = await side.register(await talk.car(), listener.url, secret=secret)
    assert hook.secret == secret
    assert kinds(heard(listener, secret)) == ["hook.registered"]


async def test_a_case_that_is_under_way_is_told_from_now_on(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller = await talk.car()
    case_id = await talk.asked(caller)
    hook = await side.register(caller, listener.url, kinds=frozenset({"case.ended"}))
    heard(listener, hook.secret)
    assert await side.tell() == 0
    await talk.dialogue.withdraw(caller, case_id)
    assert await side.tell() == 1
    (told,) = heard(listener, hook.secret)
    assert (told["type"], told["data"]["outcome"]) == ("case.ended", "withdrawn")


async def test_an_address_that_could_not_follow_is_not_registered(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller, database = await talk.car(), talk.hand.database
    stream = f"case:{await talk.asked(caller)}"

    async def cut_who_waits() -> bool:
        async with database.transaction() as tx:
            return bool(
                await tx.fetch(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and wait_event_type = 'Lock'"
                )
            )

    async with database.transaction() as tx:
        await tx.execute("select from timeline_head where stream = $1 for update", stream)
        registering = asyncio.create_task(side.register(caller, listener.url))
        await until(cut_who_waits)
        with pytest.raises(Exception) as failed:  # noqa: PT011 - is_passing tells which
            await registering
    assert is_passing(failed.value)
    async with database.transaction() as tx:
        assert await hooks.of_machine(tx, caller.machine, caller.owner_id, OWN) == []
    assert await side.register(caller, listener.url)


async def test_others_are_told_nothing(talk: Talk, side: Side, listener: Listener) -> None:
    stranger = await talk.car()
    await side.register(stranger, listener.url)
    case_id = await talk.asked(await talk.car())
    assert await side.tell() == 0
    with pytest.raises(Refused, match="case_unknown"):
        await side.register(stranger, listener.url, case_id=case_id)
    # not even if it follows: what may be seen is looked up when it is told
    async with talk.hand.database.transaction() as tx:
        (hook,) = await hooks.of_machine(tx, stranger.machine, stranger.owner_id, OWN)
        await hooks.follow_from_now(tx, hook, [case_id])
        await tx.execute("update hook_case set told = 0")
    assert await side.tell() == 0


async def test_an_address_that_is_away_is_told_later_and_given_up_after_days(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller, database = await talk.car(), talk.hand.database
    hook = await side.register(caller, listener.url, kinds=frozenset({"case.opened"}))
    heard(listener, hook.secret)
    good, listener.answer = listener.answer, b"HTTP/1.1 503 Busy\r\n\r\n"
    await talk.asked(caller)
    turnable, attempts = clock.Turnable(), 0
    with clock.reading(turnable):
        began = clock.now()
        while await states(database) in ([], [("waiting", None)], [("waiting", BUSY)]):
            attempts += await side.tell()
            turnable.turn(timedelta(minutes=15))
            assert clock.now() < began + 6 * DAY
        assert clock.now() > began + 3 * DAY
    assert 10 < attempts < 40
    assert await states(database) == [("given_up", BUSY)]
    listener.answer = good
    async with database.transaction() as tx:
        (lost,) = await hooks.given_up(tx, None, 10)
        await hooks.send_again(tx, lost.id, ids.new())
    listener.requests = asyncio.Queue()
    assert await side.tell() == 1
    assert kinds(heard(listener, hook.secret)) == ["case.opened"]
    assert await states(database) == [("delivered", None)]


async def test_who_answers_gone_is_asked_no_more(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller, database = await talk.car(), talk.hand.database
    await side.register(caller, listener.url)
    await talk.asked(caller)
    listener.answer = b"HTTP/1.1 410 Gone\r\n\r\n"
    await side.tell()
    assert {state for state, _ in await states(database)} == {"given_up"}
    async with database.transaction() as tx:
        assert not await hooks.of_machine(tx, caller.machine, caller.owner_id, OWN)
        (lost, *_) = await hooks.given_up(tx, None, 10)
        with pytest.raises(Refused, match="hook_delivery_unknown"):
            await hooks.send_again(tx, lost.id, ids.new())


async def test_a_sale_ends_what_the_former_owner_is_told(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller, hand = await talk.car(), talk.hand
    hook = await side.register(caller, listener.url)
    heard(listener, hook.secret)
    await talk.asked(caller)
    async with hand.database.transaction() as tx:
        await hand.flow.transfer(tx, caller.machine, None, clock.now())
    assert await side.tell() == 0
    assert listener.requests.empty()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://10.0.0.1/told", "hook_forbidden"),
        ("http://169.254.169.254/latest/meta-data", "hook_forbidden"),
        ("file:///etc/passwd", "hook_forbidden"),
        ("http://name:password@127.0.0.1/", "hook_forbidden"),
        ("http://127.0.0.1:1/nobody", "hook_not_verified"),
    ],
)
async def test_an_address_that_cannot_be_told_is_not_registered(
    talk: Talk, side: Side, url: str, code: str
) -> None:
    caller = await talk.car()
    with pytest.raises(Refused, match=code):
        await side.register(caller, url)
    async with talk.hand.database.transaction() as tx:
        assert not await hooks.of_machine(tx, caller.machine, caller.owner_id, OWN)


async def test_an_address_that_refuses_the_test_is_not_registered(
    talk: Talk, side: Side, listener: Listener
) -> None:
    listener.answer = b"HTTP/1.1 302 Go\r\nlocation: http://127.0.0.1:1/x\r\n\r\n"
    with pytest.raises(Refused, match="hook_not_verified"):
        await side.register(await talk.car(), listener.url)
    assert listener.requests.qsize() == 1, "a redirect was followed"


async def test_a_machine_has_few_hooks(talk: Talk, side: Side, listener: Listener) -> None:
    caller = await talk.car()
    for _ in range(20):
        await side.register(caller, listener.url)
    with pytest.raises(Refused, match="too_many_hooks"):
        await side.register(caller, listener.url)


async def test_what_was_erased_is_told_to_nobody(
    talk: Talk, side: Side, listener: Listener
) -> None:
    caller, database = await talk.car(), talk.hand.database
    hook = await side.register(caller, listener.url, kinds=frozenset({"case.opened"}))
    case_id = await talk.asked(caller)
    heard(listener, hook.secret)
    while await side.hooked.catch_up():
        pass
    async with database.transaction() as tx:
        await hooks.erase(tx, caller.owner_id or ids.new())
    assert await side.tell() == 0
    assert listener.requests.empty()
    async with database.transaction() as tx:
        assert not await tx.fetchval("select count(*) from hook_case where case_id = $1", case_id)
