from collections.abc import Collection, Mapping
from uuid import UUID

from thingdesk import timeline
from thingdesk.hooks import store
from thingdesk.hooks.model import Hook, Parties
from thingdesk.platform.database import Transaction


async def follow(tx: Transaction, cases: Mapping[UUID, Parties]) -> None:
    """What is written of these cases from this transaction on is told to the hooks of the machines
    that take part in them, and to those of the owner's other machines that may see them.
    """
    machines = {machine for one in cases.values() for machine in one.machines}
    owners = {one.owner_id for one in cases.values() if one.owner_id}
    hooks = await store.of_all_cases(tx, machines, owners) if cases else []
    pairs = [
        (hook.id, case_id)
        for case_id, one in cases.items()
        for hook in hooks
        if one.has(hook.asked)
    ]
    await _follow(tx, pairs)


async def follow_from_now(tx: Transaction, hook: Hook, cases: Collection[UUID]) -> None:
    """What happens in these cases from now on is told to a new hook."""
    await _follow(tx, [(hook.id, case_id) for case_id in cases])


async def _follow(tx: Transaction, pairs: Collection[tuple[UUID, UUID]]) -> None:
    if not pairs:
        return
    seqs = await timeline.follow(tx, [f"case:{case_id}" for _, case_id in pairs])
    await store.follow(
        tx, [(hook_id, case_id, seqs[f"case:{case_id}"]) for hook_id, case_id in pairs]
    )
