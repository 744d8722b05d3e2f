"""What an owner says to one device of an application is nothing to the others."""

from dataclasses import replace
from uuid import UUID

from tests.access.agents import Agent, an_agent
from tests.access.making import ALL, BASE, LESS, shown
from tests.access.refusing import code_of

from thingdesk import access, mandates
from thingdesk.access import Callers, Surface
from thingdesk.mandates import Terms
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.money import Money

MORE = Terms(services=("*",), per_case=Money(500_000, "EUR"), depth=3)


async def devices(database: Database, surface: Surface, *given: Terms) -> list[Agent]:
    """Of the same application and owner, the first one first."""
    first = await an_agent(database, BASE, surface, given[0])
    more = [
        await an_agent(database, BASE, surface, terms, first.owner, first.app)
        for terms in given[1:]
    ]
    return [first, *more]


async def stop(database: Database, owner: UUID, mandate: UUID) -> None:
    async with database.transaction() as tx:
        assert await mandates.revoke(tx, owner, "stop", mandate_id=mandate)


async def test_a_yes_to_one_device_changes_nothing_for_another(
    database: Database, callers: Callers
) -> None:
    given = (LESS, MORE, replace(LESS, depth=0))
    made = await devices(database, Surface.HTTP, *given)
    assert len({one.machine for one in made}) == 1
    for one, terms in zip(made, given, strict=True):
        found = await callers.recognise(shown(one.issued.token), Surface.HTTP)
        assert found.mandate is not None
        assert (found.mandate.id, found.mandate.terms) == (one.mandate, terms)
    first, stopped, last = made
    await stop(database, first.owner, stopped.mandate)
    ended = callers.recognise(shown(stopped.issued.token), Surface.HTTP)
    assert await code_of(ended) == "token_ended"
    for one in (first, last):
        assert await callers.recognise(shown(one.issued.token), Surface.HTTP)


async def test_over_mqtt_the_newest_yes_counts_and_a_session_by_an_earlier_one_ends(
    database: Database, callers: Callers
) -> None:
    """A broker knows a machine by its name alone: what comes from it is under one mandate."""
    since = clock.now()
    (first,) = await devices(database, Surface.MQTT, LESS)
    assert await callers.recognise(shown(first.issued.token), Surface.MQTT)
    async with database.transaction() as tx:
        assert first.machine not in {one.machine for one in await access.ended_for(tx, since)}
    newest = await an_agent(database, BASE, Surface.MQTT, ALL, first.owner, first.app)
    async with database.transaction() as tx:
        assert first.machine in {one.machine for one in await access.ended_for(tx, since)}
    by_first = callers.recognise(shown(first.issued.token), Surface.MQTT)
    assert await code_of(by_first) == "token_not_for_mqtt"
    found = await callers.recognise(shown(newest.issued.token), Surface.MQTT)
    assert found.mandate is not None
    assert found.mandate.id == newest.mandate
    await stop(database, first.owner, newest.mandate)
    assert await callers.recognise(shown(first.issued.token), Surface.MQTT)


async def test_a_yes_for_another_surface_ends_no_session(database: Database) -> None:
    (first,) = await devices(database, Surface.MQTT, LESS)
    since = clock.now()
    await an_agent(database, BASE, Surface.HTTP, ALL, first.owner, first.app)
    async with database.transaction() as tx:
        ended = {one.machine for one in await access.ended_for(tx, since)}
    assert first.machine not in ended
