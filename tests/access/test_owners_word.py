"""An owner lets a machine act: RFC 8628."""

from datetime import timedelta

from joserfc.jwk import OKPKey
from tests.access.making import (
    ALL,
    BACK,
    BASE,
    FLOW,
    LESS,
    a_machine,
    an_app,
    new_owner,
    paired,
    shown,
)
from tests.access.refusing import code_of
from tests.parties.making import registered

from thingdesk import access, parties
from thingdesk.access import Browsed, Callers, Surface, Tokens
from thingdesk.access.tokens import DEVICE
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database


async def test_a_machine_is_paired_and_acts_under_its_own_mandate(
    database: Database, tokens: Tokens, callers: Callers
) -> None:
    machine, key = await a_machine(database), OKPKey.generate_key("Ed25519")
    made = await paired(database, tokens, machine, key=key, terms=LESS)
    assert (made.bound, made.terms, made.lasts) == (True, LESS, timedelta(minutes=10))
    found = await callers.recognise(shown(made.token, key), Surface.HTTP)
    assert (found.machine, found.owner_id) == (machine.machine, machine.owner)
    assert found.mandate is not None
    assert (found.mandate.terms, found.mandate.to) == (LESS, machine.machine)


async def test_a_machine_without_an_owner_becomes_theirs_who_types_its_code(
    database: Database,
) -> None:
    made = await registered(database)
    async with database.transaction() as tx:
        owner = await new_owner(tx)
        pairing = await access.pair(tx, access.machine_client(made.machine), ALL, (Surface.HTTP,))
        waiting = await access.pending(tx, f" {pairing.user_code.lower()} ")
        assert waiting is not None
        confirmed = await access.confirm(tx, FLOW, waiting.id, owner, ALL)
        owned = await parties.ownership_of(tx, made.machine, clock.now())
    assert owned is not None
    assert (owned.owner_id, confirmed.machine, confirmed.redirect) == (owner, made.machine, None)


async def test_nobody_pairs_the_machine_of_somebody_else(
    database: Database,
) -> None:
    machine = await a_machine(database)
    async with database.transaction() as tx:
        stranger = await new_owner(tx)
        pairing = await access.pair(tx, machine.client, ALL, (Surface.HTTP,))
        waiting = await access.pending(tx, pairing.user_code)
        assert waiting is not None
        refused = await code_of(access.confirm(tx, FLOW, waiting.id, stranger, ALL))
    assert refused == "not_your_machine"


async def test_a_machine_that_asks_too_often_has_to_wait_longer(
    database: Database, tokens: Tokens, turnable: clock.Turnable
) -> None:
    machine = await a_machine(database)
    async with database.transaction() as tx:
        pairing = await access.pair(tx, machine.client, ALL, (Surface.HTTP,))

    async def ask() -> str:
        return await code_of(tokens.make(machine.asks(DEVICE, device_code=pairing.device_code)))

    assert await ask() == "owner_not_asked"
    assert await ask() == "too_often"
    turnable.turn(timedelta(seconds=pairing.pause + 1))
    assert await ask() == "too_often"  # it has to keep to ten seconds by now
    turnable.turn(timedelta(seconds=16))
    assert await ask() == "owner_not_asked"
    turnable.turn(pairing.lasts)
    assert await ask() == "pairing_expired"


async def test_what_an_owner_denied_or_gave_once_is_not_there_again(
    database: Database, tokens: Tokens
) -> None:
    machine = await a_machine(database)
    async with database.transaction() as tx:
        pairing = await access.pair(tx, machine.client, ALL, (Surface.HTTP,))
        waiting = await access.pending(tx, pairing.user_code)
        assert waiting is not None
        await access.deny(tx, waiting.id, machine.owner)
        assert await access.pending(tx, pairing.user_code) is None
        again = await code_of(access.confirm(tx, FLOW, waiting.id, machine.owner, ALL))
    assert again == "request_settled"
    asks = machine.asks(DEVICE, device_code=pairing.device_code)
    assert await code_of(tokens.make(asks)) == "owner_denied"


async def test_what_is_for_one_machine_another_cannot_collect(
    database: Database, tokens: Tokens
) -> None:
    machine, other = await a_machine(database), await a_machine(database)
    async with database.transaction() as tx:
        pairing = await access.pair(tx, machine.client, ALL, (Surface.HTTP,))
        waiting = await access.pending(tx, pairing.user_code)
        assert waiting is not None
        await access.confirm(tx, FLOW, waiting.id, machine.owner, ALL)
    stolen = other.asks(DEVICE, device_code=pairing.device_code)
    assert await code_of(tokens.make(stolen)) == "grant_unknown"
    assert await tokens.make(machine.asks(DEVICE, device_code=pairing.device_code))
    again = machine.asks(DEVICE, device_code=pairing.device_code)
    assert await code_of(tokens.make(again)) == "grant_unknown"


async def test_codes_are_guessed_ten_times_and_no_more(
    database: Database, turnable: clock.Turnable
) -> None:
    machine, who = await a_machine(database), str(ids.new())
    async with database.transaction() as tx:
        pairing = await access.pair(tx, machine.client, ALL, (Surface.HTTP,))
        for _ in range(10):
            assert await access.pending(tx, "BCDF-GHJK", who) is None
        assert await code_of(access.pending(tx, pairing.user_code, who)) == "codes_tried"
        assert await access.pending(tx, pairing.user_code, str(ids.new()))
        turnable.turn(timedelta(minutes=11))
        assert await access.pending(tx, pairing.user_code, who)


async def test_a_machine_waits_for_so_many_codes_at_most(database: Database) -> None:
    machine = await a_machine(database)
    async with database.transaction() as tx:
        for _ in range(20):
            await access.pair(tx, machine.client, ALL, (Surface.HTTP,))
        refused = await code_of(access.pair(tx, machine.client, ALL, (Surface.HTTP,)))
        assert refused == "too_many_wait"


async def test_who_asks_in_the_name_of_an_application_takes_nothing_of_its_room(
    database: Database,
) -> None:
    app, said = an_app(), Browsed(BASE, BACK, "c" * 43, "S256")
    async with database.transaction() as tx:
        for _ in range(300):
            await access.pair(tx, app, ALL, (Surface.HTTP,), "2001:db8::1")
        network = access.pair(tx, app, ALL, (Surface.HTTP,), "2001:db8::2")
        assert await code_of(network) == "too_many_wait"
        browser = access.ask_owner(tx, app, ALL, (Surface.HTTP,), said, "2001:db8::1")
        assert await code_of(browser) == "too_many_wait"
        assert await access.pair(tx, app, ALL, (Surface.HTTP,), "192.0.2.1")
        assert await access.ask_owner(tx, app, ALL, (Surface.HTTP,), said, "2001:db8:0:1::1")


async def test_who_has_many_networks_is_counted_by_what_is_around_them(database: Database) -> None:
    app, near = an_app(), "2001:db8:1:{:x}::1"
    async with database.transaction() as tx:
        for n in range(1000):
            await access.pair(tx, app, ALL, (Surface.HTTP,), near.format(n))
        one_more = access.pair(tx, app, ALL, (Surface.HTTP,), near.format(1000))
        assert await code_of(one_more) == "too_many_wait"
        assert await access.pair(tx, app, ALL, (Surface.HTTP,), "2001:db8:2::1")


async def test_strangers_who_wait_are_so_many_at_most_and_a_machine_is_none(
    database: Database,
) -> None:
    machine, now = await a_machine(database), clock.now()
    async with database.transaction() as tx:
        await tx.execute(
            "insert into access_request (id, kind, client, asks, surfaces, made_at, expires_at,"
            " state, around) select gen_random_uuid(), 'pair', '{}', '{}', '{}', $1, $2, 'waiting',"
            " '2001:db8:' || n / 300 || '::' from generate_series(1, 30000) n",
            now,
            now + timedelta(minutes=5),
        )
        assert await code_of(access.pair(tx, an_app(), ALL, (Surface.HTTP,))) == "too_many_wait"
        assert await access.pair(tx, machine.client, ALL, (Surface.HTTP,))
        await tx.execute("delete from access_request where client = '{}'")
        assert await access.pair(tx, an_app(), ALL, (Surface.HTTP,))
