from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests import whose
from tests.parties.making import an_owner, signing, unique

from thingdesk import parties, timeline
from thingdesk.parties import MachineFilter, NewMachine, Position, Registration
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Database
from thingdesk.platform.errors import Refused


async def register(database: Database, *machines: NewMachine) -> Registration:
    async with database.transaction() as tx:
        return await parties.register(tx, machines)


async def refused(database: Database, *machines: NewMachine) -> str:
    with pytest.raises(Refused) as caught:
        await register(database, *machines)
    return "; ".join(f"{one.path} {one.problem}" for one in caught.value.refusal.fields)


async def stored(database: Database, machine: str) -> parties.Machine:
    async with database.transaction() as tx:
        found = await parties.get_machine(tx, machine)
    assert found
    return found


def a_machine() -> NewMachine:
    made = signing()
    return NewMachine(
        made.machine,
        "press",
        model="P7",
        serial=unique("S"),
        key=made.x,
        expected_interval=timedelta(seconds=0.5),
        owner=an_owner(),
        position=Position(-5.83, -35.2),
        attributes={"floor": 3, "tags": ["a", {"b": None}]},
    )


async def test_what_is_registered_is_what_is_known(database: Database) -> None:
    new = a_machine()
    done = await register(database, new)
    assert done == Registration(frozenset({new.id}), frozenset(), frozenset())
    known = await stored(database, new.id)
    assert (known.kind, known.model, known.serial) == ("press", "P7", new.serial)
    assert (known.attributes, known.position) == (new.attributes, new.position)
    assert (known.expected_interval, known.last_seen) == (new.expected_interval, None)
    async with database.transaction() as tx:
        assert [key.x for key in await parties.keys_of(tx, new.id)] == [new.key]
        owner = await whose.owner_of(tx, new.id)
        kinds = [entry.kind for entry in await timeline.read(tx, f"machine:{new.id}")]
    assert owner
    assert new.owner
    assert (owner.email, owner.name, owner.zone) == (
        new.owner.email,
        new.owner.name,
        new.owner.zone,
    )
    assert kinds == ["machine.registered", "machine.key_added", "ownership.began"]


async def test_repeating_it_changes_nothing(database: Database) -> None:
    new = a_machine()
    await register(database, new)
    before = await stored(database, new.id)
    done = await register(database, new)
    assert done == Registration(frozenset(), frozenset(), frozenset({new.id}))
    assert await stored(database, new.id) == before
    async with database.transaction() as tx:
        assert len(await timeline.read(tx, f"machine:{new.id}")) == 3


async def test_other_values_replace_the_former(database: Database) -> None:
    new = a_machine()
    await register(database, new)
    moved = replace(new, model="P8", position=Position(1, 2), attributes={})
    assert (await register(database, moved)).changed == {new.id}
    known = await stored(database, new.id)
    assert (known.model, known.position, known.attributes) == ("P8", Position(1, 2), {})
    only_moved = replace(moved, position=Position(3, 4))
    assert (await register(database, only_moved)).changed == {new.id}
    second_key = replace(only_moved, key=signing().x)
    assert (await register(database, second_key)).changed == {new.id}
    async with database.transaction() as tx:
        assert len(await parties.keys_of(tx, new.id)) == 2


async def test_what_the_machine_tells_of_its_position_is_kept(database: Database) -> None:
    new = a_machine()
    await register(database, new)
    async with database.transaction() as tx:
        await parties.seen(tx, [(new.id, clock.now(), Position(50, 8))])
    assert (await register(database, new)).unchanged == {new.id}
    assert (await stored(database, new.id)).position == Position(50, 8)
    assert (await register(database, replace(new, model="P9"))).changed == {new.id}
    assert (await stored(database, new.id)).position == Position(50, 8)


async def test_registration_neither_takes_nor_gives_back_a_machine(database: Database) -> None:
    new = a_machine()
    await register(database, new)
    other = replace(new, owner=an_owner())
    assert "transfer it" in await refused(database, other)
    async with database.transaction() as tx:
        await parties.transfer(tx, new.id, None, clock.now())
    assert "transfer it" in await refused(database, new)
    assert (await register(database, replace(new, owner=None))).unchanged == {new.id}


async def test_serials_and_keys_are_one_machines(database: Database) -> None:
    first = a_machine()
    await register(database, first)
    thief = replace(a_machine(), serial=first.serial)
    assert f"its serial is that of {first.id}" in await refused(database, thief)
    clone = replace(a_machine(), key=first.key)
    assert f"its key is that of {first.id}" in await refused(database, clone)
    fresh = a_machine()
    twin = replace(a_machine(), key=fresh.key)
    assert f"its key is that of {fresh.id}" in await refused(database, fresh, twin)
    twin = replace(a_machine(), serial=fresh.serial)
    assert f"its serial is that of {fresh.id}" in await refused(database, fresh, twin)
    assert "there twice" in await refused(database, fresh, replace(fresh, kind="lathe"))
    assert fresh.key
    async with database.transaction() as tx:
        assert await parties.get_machine(tx, fresh.id) is None
        await parties.register(tx, [fresh])
        await parties.revoke_key(tx, parties.thumbprint(fresh.key), "cloned")
    assert "revoked" in await refused(database, fresh)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"id": "a/b"}, "a/b.id"),
        ({"id": "+"}, "+.id"),
        ({"id": ""}, ".id"),
        ({"id": "x" * 65}, "id"),
        ({"id": "x\n"}, "id"),
        ({"kind": " "}, "m.kind"),
        ({"kind": "heat pump"}, "m.kind is not one word"),
        ({"model": "x" * 129}, "m.model"),
        ({"serial": "1\0"}, "m.serial"),
        ({"expected_interval": timedelta(0)}, "m.expected_interval"),
        ({"expected_interval": timedelta(days=400)}, "m.expected_interval"),
        ({"attributes": {"a": float("nan")}}, "m.attributes"),
        ({"attributes": {"a": float("inf")}}, "m.attributes"),
        ({"attributes": {"a": "\0"}}, "m.attributes"),
        ({"attributes": {"a": "\ud800"}}, "m.attributes"),
        ({"attributes": {"a": {1: 2}}}, "m.attributes"),
        ({"owned_since": clock.now().replace(tzinfo=None)}, "m.owned_since"),
        ({"owned_since": datetime.min.replace(tzinfo=UTC)}, "m.owned_since"),
        ({"owned_since": datetime.max.replace(tzinfo=UTC)}, "m.owned_since"),
        ({"owner": parties.NewOwner("no address", "A")}, "m.owner.email"),
        ({"owner": parties.NewOwner("a@b.org", "")}, "m.owner.name"),
        ({"owner": parties.NewOwner("a@b.org", "A", "../x")}, "m.owner.zone"),
    ],
)
async def test_bad_values_are_named(
    database: Database, wrong: dict[str, object], path: str
) -> None:
    machine = NewMachine(**{"id": "m", "kind": "press", **wrong})  # type: ignore[arg-type]
    assert path in await refused(database, machine)


async def test_a_kind_that_was_taken_once_can_be_read_and_mended(database: Database) -> None:
    await register(database, new := NewMachine(unique("old"), "heat_pump"))
    async with database.transaction() as tx:
        await tx.execute("update machine set kind = 'heat pump' where id = $1", new.id)
    assert (await stored(database, new.id)).kind == "heat pump"
    assert (await register(database, new)).changed == {new.id}


async def test_attributes_are_not_too_deep(database: Database) -> None:
    deep: dict[str, object] = {}
    for _ in range(15):
        deep = {"a": deep}
    new = NewMachine(unique("deep"), "press", attributes=deep)
    assert (await register(database, new)).new == {new.id}
    assert "attributes" in await refused(database, replace(new, attributes={"a": deep}))


async def test_machines_are_found(database: Database) -> None:
    kind, owner = unique("kind"), an_owner()
    names = sorted(unique("find") for _ in range(5))
    new = [NewMachine(name, kind, model=f"M{at}") for at, name in enumerate(names)]
    new[3] = replace(new[3], owner=owner, serial=unique("Serial"))
    await register(database, *new)

    async def find(wanted: MachineFilter) -> list[str]:
        async with database.transaction() as tx:
            return [machine.id for machine in await parties.find_machines(tx, wanted)]

    assert await find(MachineFilter(kind=kind, most=3)) == names[:3]
    assert await find(MachineFilter(kind=kind, after=names[2])) == names[3:]
    assert await find(MachineFilter(kind=kind, model="M1")) == [names[1]]
    async with database.transaction() as tx:
        known = await parties.owner_by_email(tx, owner.email)
    assert known
    assert await find(MachineFilter(owner_id=known.id)) == [names[3]]
    assert await find(MachineFilter(owner_id=ids.new())) == []
    assert await find(MachineFilter(words=str(new[3].serial).upper())) == [names[3]]
    assert await find(MachineFilter(kind=kind, words="%")) == []


async def test_last_seen_and_position_only_move_forward(database: Database) -> None:
    first, second = a_machine(), a_machine()
    await register(database, first, second)
    now = clock.now()
    minute = timedelta(minutes=1)
    async with database.transaction() as tx:
        await parties.seen(
            tx,
            [
                (first.id, now - minute, Position(1, 1)),
                (first.id, now - 3 * minute, Position(3, 3)),
                (first.id, now, None),
                (second.id, now + 9 * minute, None),
                (unique("nobody"), now, None),
            ],
        )
    known = await stored(database, first.id)
    assert (known.last_seen, known.position) == (now, Position(1, 1))
    assert known.position_at == now - minute
    ahead = await stored(database, second.id)
    assert ahead.last_seen
    assert ahead.last_seen <= clock.now()
    assert (ahead.position, ahead.position_at) == (second.position, None)
    async with database.transaction() as tx:
        await parties.seen(tx, [(first.id, now - 2 * minute, Position(2, 2))])
        await parties.seen(tx, [])
    assert await stored(database, first.id) == known
    async with database.transaction() as tx:
        # late, but the newest that is known of where it was
        await parties.seen(tx, [(first.id, now - minute / 2, Position(4, 4))])
    late = await stored(database, first.id)
    assert (late.last_seen, late.position) == (now, Position(4, 4))


@pytest.mark.parametrize("place", [(91.0, 0.0), (0.0, -181.0), (float("nan"), 0.0)])
def test_a_position_is_on_the_globe(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="no place"):
        Position(*place)


async def test_how_many_machines_were_heard_lately(database: Database) -> None:
    now = clock.now()
    one, two, three = a_machine(), a_machine(), a_machine()
    await register(database, one, two, three)
    async with database.transaction() as tx:
        before = await parties.heard_since(tx, now - timedelta(minutes=5))
        await parties.seen(tx, [(one.id, now, None), (two.id, now - timedelta(hours=1), None)])
        after = await parties.heard_since(tx, now - timedelta(minutes=5))
    assert after == (before[0], before[1] + 1)
    assert before[0] >= 3
    async with database.transaction() as tx:
        for _ in range(2):
            parties.said(tx, three.id)
    async with database.transaction() as tx:
        assert await parties.heard_since(tx, now - timedelta(minutes=5)) == (after[0], after[1] + 1)
        known = await parties.get_machine(tx, three.id)
    assert known
    assert known.last_seen
    assert known.last_signal is None, "silence is found by signals"
