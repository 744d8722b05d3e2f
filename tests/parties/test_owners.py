"""Owners are registered, changed, and forgotten for ever."""

import pytest
from tests.parties.making import an_owner, unique

from thingdesk import parties, timeline
from thingdesk.parties import NewMachine, NewOwner, Owner
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def known(database: Database) -> Owner:
    async with database.transaction() as tx:
        return await parties.add_owner(tx, an_owner())


async def test_an_owner_is_changed_and_the_timeline_has_no_values(database: Database) -> None:
    owner, by = await known(database), ids.new()
    new = NewOwner(f"{unique('New')}@Example.org", "New Name", "Asia/Tokyo")
    async with database.transaction() as tx:
        await parties.change_owner(tx, owner.id, new, by)
        await parties.change_owner(tx, owner.id, new, by)
    async with database.transaction() as tx:
        changed = await parties.get_owner(tx, owner.id)
        assert changed
        assert changed == Owner(
            owner.id, "New Name", new.email.lower(), "Asia/Tokyo", changed.links_since
        )
        registered, told, ended = await timeline.read(tx, f"owner:{owner.id}")
    assert (registered.kind, registered.value) == (
        "owner.registered", {"owner": str(owner.id), "by": None}
    )  # fmt: skip
    assert told.value == {
        "owner": str(owner.id), "fields": ["email", "name", "zone"], "by": str(by)
    }  # fmt: skip
    assert ended.kind == "owner.links_ended"


NAMES = {
    "Persian": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "Sinhala": "\u0da0\u0db1\u0dca\u200d\u0daf\u0dca\u200d\u0dbb",
    "a picture": "Workshop \U0001f469\u200d\U0001f527",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_name_may_have_joiners(database: Database, name: str) -> None:
    new = NewOwner(f"{unique('joined')}@example.org", name)
    async with database.transaction() as tx:
        owner = await parties.add_owner(tx, new)
        await parties.register(tx, [NewMachine(unique("car"), "car", name, owner=new)])
        assert await parties.get_owner(tx, owner.id) == owner
    assert owner.name == name


async def test_what_cannot_be_an_owner_is_refused(database: Database) -> None:
    owner, other = await known(database), await known(database)
    assert other.email
    for new, words in (
        (NewOwner("nobody", "N"), "is no e-mail address"),
        (NewOwner("=?utf-8?q?eve?=@example.org", "N"), "is no e-mail address"),
        (NewOwner("n@example.org", " "), "is missing"),
        (NewOwner("n@example.org", "pay\u200dpal"), "has characters that cannot be seen"),
        (NewOwner("n@example.org", "N\u00ad"), "has characters that cannot be seen"),
        (NewOwner("n@example.org", "N\u202e"), "has characters that cannot be seen"),
        (NewOwner("n@example.org", "N\nN"), "has characters that cannot be seen"),
        (NewOwner("n@example.org", "N", "Mars/North"), "is no time zone"),
        (NewOwner(other.email, "N"), "is another owner's"),
    ):
        async with database.transaction() as tx:
            with pytest.raises(Refused, match=words):
                await parties.change_owner(tx, owner.id, new)
    async with database.transaction() as tx:
        with pytest.raises(Refused, match="owner_unknown"):
            await parties.change_owner(tx, ids.new(), NewOwner("n@example.org", "N"))


async def test_an_owner_is_forgotten_once_no_machine_acts_for_them(database: Database) -> None:
    owner, car = an_owner(), unique("car")
    async with database.transaction() as tx:
        await parties.register(tx, [NewMachine(car, "car", owner=owner)])
        found = await parties.owner_by_email(tx, owner.email)
        assert found
        with pytest.raises(Refused, match="owner_has_machines"):
            await parties.erase_owner(tx, found.id)
        await parties.transfer(tx, car, None, clock.now())
        await parties.erase_owner(tx, found.id)
        await parties.erase_owner(tx, found.id)
        erased = await parties.get_owner(tx, found.id)
        assert erased == Owner(found.id, "erased", None, "UTC")
        rows = await tx.fetchval("select string_agg(o::text, ',') from owner o")
        assert owner.email not in rows
        with pytest.raises(Refused, match="owner_erased"):
            await parties.change_owner(tx, found.id, owner)
        with pytest.raises(Refused, match="owner_erased"):
            await parties.transfer(tx, car, found.id, clock.now())
        assert await parties.owner_by_email(tx, owner.email) is None
        assert (await parties.add_owner(tx, owner)).id != found.id, "somebody new"
    async with database.transaction() as tx:
        told = await timeline.read(tx, f"owner:{found.id}")
    assert [one.kind for one in told].count("owner.erased") == 1
