from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from thingdesk import timeline
from thingdesk.parties import events, key_store, keys, owner_store, validate
from thingdesk.parties import machine_store as store
from thingdesk.parties.model import NewMachine, NewOwner, Ownership, Registration
from thingdesk.parties.owners import add_all
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, invalid


async def register(tx: Transaction, machines: Sequence[NewMachine]) -> Registration:
    """Make machines known, with their keys and first owners; all of them, or none.

    Repeating it changes nothing; other values replace the former ones, except that a further key
    is added, that a position which the machine itself has told is kept, and that an owner is only
    set for a machine that never had one: afterwards `transfer` is how ownership moves.
    Raises Refused, its fields naming the machines and what is wrong with them.
    """
    fields = [
        FieldError(f"{one.id}.{wrong.path}", wrong.problem, wrong.mend)
        for one in machines
        for wrong in validate.machine(one)
    ]
    if fields:
        raise invalid("machines cannot be registered", fields)
    await store.lock_registration(tx)
    problems = await conflicts(tx, machines)
    if problems:
        fields = [
            FieldError(machines[at].id, problem, "mend it, or leave it out")
            for at, problem in problems.items()
        ]
        raise invalid("machines cannot be registered", fields)
    return await put(tx, machines)


async def conflicts(tx: Transaction, machines: Sequence[NewMachine]) -> dict[int, str]:
    """By index, why a machine does not fit to what is registered or to one before it.

    Registration must be locked in `tx`, so that the answer holds until its end.
    """
    kids = {one.id: keys.thumbprint(one.key) for one in machines if one.key}
    numbers = [(one.model, one.serial) for one in machines if one.serial]
    serials = await store.serials(tx, numbers)
    known = await key_store.get_many(tx, list(kids.values()))
    key_owners = {kid: key.machine for kid, key in known.items()}
    revoked = {kid for kid, key in known.items() if key.revoked_at}
    problems = await _ownership_conflicts(tx, machines)
    seen: set[str] = set()
    for at, one in enumerate(machines):
        kid = kids.get(one.id, "")
        if one.id in seen:
            problems[at] = "it is there twice"
        elif one.serial and serials.setdefault((one.model, one.serial), one.id) != one.id:
            problems[at] = f"its serial is that of {serials[one.model, one.serial]}"
        elif kid and key_owners.setdefault(kid, one.id) != one.id:
            problems[at] = f"its key is that of {key_owners[kid]}"
        elif kid in revoked:
            problems[at] = "its key was revoked: make a new one"
        seen.add(one.id)
    return problems


async def _ownership_conflicts(tx: Transaction, machines: Sequence[NewMachine]) -> dict[int, str]:
    last = await owner_store.last_periods(tx, [one.id for one in machines if one.owner])
    owners = await owner_store.get_many(tx, [period.owner_id for period in last.values()])
    problems = {}
    for at, one in enumerate(machines):
        period = last.get(one.id)
        if one.owner is None or period is None:
            continue
        same = owners[period.owner_id].email == one.owner.email.lower()
        if not same or period.ends is not None:
            problems[at] = "its ownership has moved since it was registered: transfer it instead"
    return problems


async def put(tx: Transaction, machines: Sequence[NewMachine]) -> Registration:
    """Write machines that are valid and have no conflicts."""
    now = clock.now()
    written = await store.put(tx, machines, now)
    signing = [(keys.thumbprint(one.key), one.id, one.key) for one in machines if one.key]
    added = await key_store.add(tx, signing, now)
    by_id = {one.id: one for one in machines}
    for machine, new in written.items():
        event = events.MachineRegistered if new else events.MachineChanged
        one = by_id[machine]
        timeline.append(tx, f"machine:{machine}", event(machine, one.model, one.serial))
    for machine, kid in added:
        timeline.append(tx, f"machine:{machine}", events.KeyAdded(machine, kid))
    begun = await _begin(tx, machines, now)
    new_ones = frozenset(one for one, new in written.items() if new)
    changed = {*written, *(machine for machine, _ in added), *begun} - new_ones
    return Registration(new_ones, frozenset(changed), frozenset(by_id.keys() - new_ones - changed))


async def _begin(tx: Transaction, machines: Iterable[NewMachine], now: datetime) -> list[str]:
    """Begin the first ownership of those that name an owner and never had one."""
    wanted = {one.id: one for one in machines if one.owner}
    for machine in await owner_store.last_periods(tx, list(wanted)):
        del wanted[machine]
    new: dict[str, NewOwner] = {
        one.owner.email.lower(): one.owner for one in wanted.values() if one.owner
    }
    if not new:
        return []
    owners = await add_all(tx, new)
    periods = [
        Ownership(one.id, owners[one.owner.email.lower()], one.owned_since or now, None)
        for one in wanted.values()
        if one.owner
    ]
    await owner_store.begin(tx, periods)
    for period in periods:
        began(tx, period)
    return list(wanted)


def began(tx: Transaction, period: Ownership, by: UUID | None = None) -> None:
    """Tell both streams that an ownership began."""
    begins = period.begins.isoformat()
    event = events.OwnershipBegan(period.machine, period.owner_id, begins, by)
    timeline.append(tx, f"machine:{period.machine}", event)
    timeline.append(tx, f"owner:{period.owner_id}", event)
