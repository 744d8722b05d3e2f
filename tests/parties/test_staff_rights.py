"""Who of the staff may do what, and that somebody always may administer."""

import asyncio

import pytest
from tests.parties.making import unique

from thingdesk import parties, timeline
from thingdesk.parties import RIGHTS, Right, Role, Staff
from thingdesk.platform import ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused

PASSWORD = "correct horse battery"


@pytest.fixture
async def admin(database: Database) -> Staff:
    """The only one who may administer."""
    async with database.transaction() as tx:
        await tx.execute("truncate staff cascade")
    return await ready(database, Role.ADMIN)


async def ready(database: Database, *roles: Role) -> Staff:
    name = unique("staff")
    async with database.transaction() as tx:
        staff = await parties.add_staff(tx, f"{name}@example.org", name, roles)
        await parties.set_up(tx, await parties.set_up_link(tx, staff.id), PASSWORD)
        found = await parties.get_staff(tx, staff.id)
    assert found
    return found


async def disable(database: Database, staff: Staff, by: Staff) -> None:
    async with database.transaction() as tx:
        await parties.disable_staff(tx, staff.id, by.id)


def test_every_right_is_somebodys_and_an_admin_has_all() -> None:
    assert set(RIGHTS) == set(Right)
    agent, leader, admin = (
        Staff(ids.new(), "a@example.org", "A", frozenset({role}), ready=True)
        for role in (Role.AGENT, Role.LEADER, Role.ADMIN)
    )
    assert {one for one in Right if parties.may(agent, one)} == {Right.TRANSFER}
    assert not parties.may(leader, Right.KEYS)
    assert parties.may(leader, Right.POLICY)
    assert all(parties.may(admin, one) for one in Right)


async def test_the_last_who_may_administer_stays(database: Database, admin: Staff) -> None:
    with pytest.raises(Refused, match="last_admin"):
        await disable(database, admin, admin)
    async with database.transaction() as tx:
        with pytest.raises(Refused, match="last_admin"):
            await parties.set_roles(tx, admin.id, [Role.AGENT])
        # invited, and never there: nobody who could take over
        await parties.add_staff(tx, f"{unique('late')}@example.org", "Late", [Role.ADMIN])
    with pytest.raises(Refused, match="last_admin"):
        await disable(database, admin, admin)
    other = await ready(database, Role.ADMIN, Role.AGENT)
    await disable(database, admin, other)
    async with database.transaction() as tx:
        assert await parties.get_staff(tx, admin.id) is None
        assert await parties.staff_names(tx, [admin.id]) == {admin.id: admin.name}


async def test_of_two_who_close_each_others_account_one_stays(
    database: Database, admin: Staff
) -> None:
    other = await ready(database, Role.ADMIN)
    answers = await asyncio.gather(
        disable(database, admin, other), disable(database, other, admin), return_exceptions=True
    )
    assert [type(one).__name__ for one in answers if one] == ["Refused"]


async def test_roles_are_changed_and_it_is_told_by_whom(database: Database, admin: Staff) -> None:
    agent = await ready(database, Role.AGENT)
    async with database.transaction() as tx:
        await parties.set_roles(tx, agent.id, [Role.LEADER, Role.AGENT], admin.id)
        await parties.set_roles(tx, agent.id, [Role.AGENT, Role.LEADER], admin.id)
        with pytest.raises(Refused, match="invalid_input"):
            await parties.set_roles(tx, agent.id, [], admin.id)
        with pytest.raises(Refused, match="staff_unknown"):
            await parties.set_roles(tx, ids.new(), [Role.AGENT], admin.id)
    async with database.transaction() as tx:
        found = await parties.get_staff(tx, agent.id)
        told = await timeline.latest_of(tx, "desk", 10, ["staff.roles_set"])
    assert found
    assert found.roles == {Role.LEADER, Role.AGENT}
    assert [one.value for one in told if one.value and one.value["staff"] == str(agent.id)] == [
        {"staff": str(agent.id), "roles": ["agent", "leader"], "by": str(admin.id)}
    ]
