"""The desk has a new key; what the former one signed stays good."""

from datetime import timedelta

from tests.access.making import BASE, a_machine, shown

from thingdesk import parties
from thingdesk.access import Callers, Surface, Tokens
from thingdesk.platform import clock
from thingdesk.platform.database import Database


async def test_a_new_key_is_known_before_it_signs(
    database: Database, turnable: clock.Turnable
) -> None:
    machine = await a_machine(database)
    another = await Database.connect(database.url)
    async with Tokens(database, BASE) as tokens, Callers(another, BASE) as callers:
        before = (await tokens.make(machine.asks())).token
        assert await callers.recognise(shown(before), Surface.HTTP)
        async with database.transaction() as tx:
            former = (await parties.desk_key(tx)).kid
            kid = await parties.rotate_desk_key(tx)
        for one in (database, another):  # as each process does when it is told
            async with one.transaction() as tx:
                await parties.refresh_desk_key(tx)
                key = await parties.desk_key(tx)
            assert [jwk["kid"] for jwk in key.public_jwks][:2] == [kid, former]
            assert key.kid == former
        turnable.turn(timedelta(seconds=61))
        after = (await tokens.make(machine.asks())).token
        assert (parties.key_id(before), parties.key_id(after)) == (former, kid)
        for token in (before, after):
            assert await callers.recognise(shown(token), Surface.HTTP)
    await another.close()
