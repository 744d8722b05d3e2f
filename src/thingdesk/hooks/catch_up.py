"""From a timeline that has grown to what is due at the hooks that follow it."""

from collections.abc import Sequence
from uuid import UUID

from thingdesk import timeline
from thingdesk.hooks import delivery_store, store
from thingdesk.hooks.model import CHANNEL, Behind, Entry
from thingdesk.platform.database import Transaction

_MOST = 500


async def moved(tx: Transaction) -> int:
    """Note which followed cases have something new; how many they are."""
    streams = await timeline.take_moved(tx, _MOST)
    await store.mark(tx, [UUID(one.removeprefix("case:")) for one in streams])
    return len(streams)


async def catch_up(tx: Transaction, most: int) -> list[Behind]:
    """Hooks that are behind in a case, held until `tx` ends; each is to `come_to` its end."""
    return await store.lock_behind(tx, most)


async def come_to(
    tx: Transaction, one: Behind, number: int, due: Sequence[Entry], *, more: bool, newest: bool
) -> None:
    """It is told up to the entry `number` now; of these, what is `due` there. Is there `more`? Of
    what was and is due the `newest` alone is told, where that says all.
    """
    if due and newest:
        await delivery_store.drop_waiting(tx, one)
        due = due[-1:]
    if due:
        await delivery_store.put(tx, one, due)
        tx.notify(CHANNEL)
    await store.come_to(tx, one, number, behind=more)


async def drop_case(tx: Transaction, one: Behind) -> None:
    """The case is no longer for the hook's machine to see."""
    await store.drop_case(tx, one)
