"""What an owner gives to a machine, such as an assistant, and what that passes on."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.mandates.making import Party, a_party, euros
from tests.mandates.test_narrow import WIDE

from thingdesk import mandates, parties
from thingdesk.mandates import Mandate, Terms
from thingdesk.parties import NewMachine, signatures
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

TERMS = Terms(("vehicle.*",), per_case=euros(300), per_period=euros(1000), depth=1)


async def an_agent(database: Database) -> str:
    name = f"agent-{ids.new()}"
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(name, "agent")])
    return name


async def give(party: Party, to: str, terms: Terms = TERMS, parent: UUID | None = None) -> Mandate:
    async with party.database.transaction() as tx:
        return await mandates.grant(tx, party.owner_id, terms, to=to, parent=parent)


async def get(database: Database, mandate_id: UUID) -> Mandate:
    async with database.transaction() as tx:
        found = await mandates.get(tx, mandate_id)
    assert found
    return found


async def given_by(party: Party) -> list[UUID]:
    async with party.database.transaction() as tx:
        return [one.id for one in await mandates.given_by(tx, party.owner_id)]


async def below(party: Party, top: UUID, most: int = 100) -> list[UUID]:
    async with party.database.transaction() as tx:
        return [one.id for one in (await mandates.below(tx, [top], most))[top]]


async def stop(party: Party, mandate_id: UUID | None = None) -> bool:
    async with party.database.transaction() as tx:
        return await mandates.revoke(tx, party.owner_id, "enough", mandate_id=mandate_id)


async def test_each_machine_has_its_own_beside_the_standing_one(database: Database) -> None:
    party = await a_party(database)
    standing = await party.grant()
    one, other = await an_agent(database), await an_agent(database)
    first, second = await give(party, one), await give(party, other)
    assert len({standing.id, first.id, second.id}) == 3
    assert (first.to, first.parent, first.version) == (one, None, 1)
    assert await get(database, first.id) == first
    assert await given_by(party) == [second.id, first.id]
    async with database.transaction() as tx:
        assert await mandates.mandate_of(tx, party.owner_id) == standing


async def test_what_a_machine_is_given_changes_nothing_that_it_was_given_before(
    database: Database,
) -> None:
    party = await a_party(database)
    agent = await an_agent(database)
    first = await give(party, agent)
    more = await give(party, agent, replace(TERMS, services=("*",), per_case=euros(5000), depth=3))
    less = await give(party, agent, replace(TERMS, cases=1, depth=0))
    assert [await get(database, one.id) for one in (first, more, less)] == [first, more, less]
    assert await stop(party, more.id)
    assert await given_by(party) == [less.id, first.id]


async def test_each_is_stopped_alone_and_never_comes_back(database: Database) -> None:
    party = await a_party(database)
    standing = await party.grant()
    agent, other = await an_agent(database), await an_agent(database)
    first, kept = await give(party, agent), await give(party, other)
    assert await stop(party, first.id)
    assert not await stop(party, first.id)
    assert (await get(database, first.id)).revoked_at
    assert (await get(database, kept.id)).revoked_at is None
    assert (await get(database, standing.id)).revoked_at is None
    anew = await give(party, agent)
    assert anew.id != first.id
    assert (await get(database, first.id)).revoked_at
    assert await given_by(party) == [anew.id, kept.id]


async def test_stop_is_for_all(database: Database) -> None:
    party = await a_party(database)
    standing = await party.grant()
    first = await give(party, await an_agent(database))
    child = await give(party, await an_agent(database), Terms(("vehicle.repair",)), first.id)
    stranger = await a_party(database)
    theirs = await give(stranger, await an_agent(database))
    assert not await stop(stranger, first.id)
    assert await stop(party)
    for one in (standing, first, child):
        assert (await get(database, one.id)).revoked_at
    assert (await get(database, theirs.id)).revoked_at is None
    await party.grant()
    assert (await get(database, child.id)).revoked_at
    assert await given_by(party) == []


async def test_what_is_passed_on_ends_with_what_it_is_from(database: Database) -> None:
    party = await a_party(database)
    first = await give(party, await an_agent(database))
    agent = await an_agent(database)
    child = await give(party, agent, Terms(("vehicle.repair",), per_case=euros(10)), first.id)
    assert (child.to, child.parent, child.terms.depth) == (agent, first.id, 0)
    assert (
        await give(party, agent, Terms(("vehicle.repair",), per_case=euros(10)), first.id)
    ) == child
    with pytest.raises(Refused, match="mandate_wider"):
        await give(party, agent, Terms(("*",)), first.id)
    with pytest.raises(Refused, match="mandate_wider"):
        await give(party, agent, Terms(("vehicle.repair",)), child.id)
    assert await stop(party, first.id)
    assert (await get(database, child.id)).revoked_at
    with pytest.raises(Refused, match="mandate_revoked"):
        await give(party, agent, Terms(("vehicle.repair",)), first.id)


async def test_all_that_was_passed_on_is_taken_back(database: Database) -> None:
    party = await a_party(database)
    one = await give(party, await an_agent(database), replace(TERMS, depth=2))
    two = await give(party, await an_agent(database), replace(TERMS, depth=1), one.id)
    three = await give(party, await an_agent(database), replace(TERMS, depth=0), two.id)
    assert await given_by(party) == [one.id]
    assert await below(party, one.id) == [two.id, three.id]
    assert await below(party, two.id) == [three.id]
    assert await stop(party, one.id)
    assert await given_by(party) == []
    assert await below(party, one.id) == []


async def test_what_is_below_comes_after_what_it_is_from_and_what_is_over_last(
    database: Database, turnable: clock.Turnable
) -> None:
    party = await a_party(database)
    standing = await party.grant(depth=1)
    top = await give(party, await an_agent(database), replace(TERMS, depth=2))
    soon = clock.now() + timedelta(hours=1)
    over = await give(party, await an_agent(database), replace(TERMS, depth=0, ends=soon), top.id)
    turnable.turn(timedelta(hours=2))
    first = await give(party, await an_agent(database), replace(TERMS, depth=1), top.id)
    child = await give(party, await an_agent(database), replace(TERMS, depth=0), first.id)
    last = await give(party, await an_agent(database), replace(TERMS, depth=0), top.id)
    assert await below(party, top.id) == [last.id, first.id, child.id, over.id]
    assert await below(party, top.id, 2) == [last.id, first.id]
    own = await give(party, await an_agent(database), replace(TERMS, depth=0), standing.id)
    assert await given_by(party) == [own.id, top.id]
    turnable.turn(timedelta(days=31))
    assert await below(party, top.id) == [last.id, first.id, child.id]
    turnable.turn(timedelta(days=30))
    assert await below(party, top.id) == []
    assert await given_by(party) == [top.id]


async def test_nobody_narrows_what_another_owner_gave(database: Database) -> None:
    party, other = await a_party(database), await a_party(database)
    first = await give(party, await an_agent(database))
    for parent in (first.id, ids.new()):
        with pytest.raises(Refused, match="mandate_unknown"):
            await give(other, await an_agent(database), Terms(("vehicle.repair",)), parent)


async def test_who_asks_for_ever_new_ones_is_held_up(database: Database) -> None:
    party = await a_party(database)
    first = await give(party, await an_agent(database))
    agent = await an_agent(database)
    async with database.transaction() as tx:
        for cents in range(1, 101):
            terms = Terms(("vehicle.repair",), per_case=euros(cents / 100))
            await mandates.grant(tx, party.owner_id, terms, to=agent, parent=first.id)
    with pytest.raises(Refused, match="mandate_passed_on_too_often"):
        await give(party, agent, Terms(("vehicle.repair",), per_case=euros(2)), first.id)


async def test_what_is_over_is_live_no_more(database: Database) -> None:
    party = await a_party(database)
    ends = clock.now() + timedelta(hours=1)
    first = await give(party, await an_agent(database), replace(TERMS, ends=ends))
    assert first.is_live(clock.now())
    assert not first.is_live(ends)


async def test_each_version_is_countersigned(database: Database) -> None:
    """So that an owner, or whom they show it to, can prove what was granted."""
    party = await a_party(database)
    first = await party.grant(cases=1)
    changed = await party.grant(cases=2)
    agent = await an_agent(database)
    given = await give(party, agent, replace(TERMS, cases=2))
    async with database.transaction() as tx:
        kept = await mandates.versions(tx, changed.id)
        ((_, _, signed),) = await mandates.versions(tx, given.id)
        key = await parties.desk_key(tx)
    assert [(version, one) for version, _, one in kept] == [(2, changed.signed), (1, first.signed)]
    assert signed == given.signed == (await get(database, given.id)).signed
    assert signed
    assert key.verify(signed, "thingdesk-mandate+jwt") == {
        "iss": "thingdesk",
        "iat": int(given.granted_at.timestamp()),
        "mandate": str(given.id),
        "owner": str(party.owner_id),
        "to": agent,
        "parent": None,
        "version": 1,
        "terms": mandates.as_details(given.terms),
        "at": given.granted_at.isoformat(),
    }
    with pytest.raises(signatures.Unreadable):
        key.verify(signed, "thingdesk-receipt+jwt")


async def test_terms_come_back_as_they_were_given(database: Database) -> None:
    party = await a_party(database)
    first = await give(party, await an_agent(database), WIDE)
    assert (await get(database, first.id)).terms == WIDE
