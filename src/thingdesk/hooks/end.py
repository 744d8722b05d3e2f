from collections.abc import Sequence
from uuid import UUID

from thingdesk.hooks import store
from thingdesk.hooks.events import HookEnded, tell_machine
from thingdesk.hooks.model import Hook
from thingdesk.platform.database import Transaction


async def end(tx: Transaction, hook: Hook, reason: str) -> None:
    """Tell nothing there any more. What is still due is given up."""
    await _end(tx, [hook.id], reason)


async def end_all(tx: Transaction, machine: str, reason: str) -> None:
    """The same with all hooks of a machine."""
    await _end(tx, [one.id for one in await store.of_parties(tx, [machine])], reason)


async def end_of_token(tx: Transaction, token: UUID, reason: str) -> None:
    """The same with all that was registered by a token, or by one made from it."""
    await _end(tx, await store.of_token(tx, token), reason)


async def _end(tx: Transaction, hook_ids: Sequence[UUID], reason: str) -> None:
    if not hook_ids:
        return
    for one in await store.end(tx, hook_ids, reason):
        tell_machine(tx, one.asked.machine, HookEnded(one.id, one.asked.host, reason))
