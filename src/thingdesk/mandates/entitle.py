from datetime import datetime
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import store
from thingdesk.mandates.errors import invalid
from thingdesk.mandates.events import EntitlementAdded, EntitlementEnded, PolicySet
from thingdesk.mandates.model import Entitlement, Payer, Policy
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, refuse


async def add_entitlement(tx: Transaction, new: Entitlement) -> bool:
    """Whether it is new: of one machine, kind and reference there is one, and the first counts.

    Raises Refused: an unknown machine, or a payer who is not another than the owner.
    """
    if new.payer in (Payer.OWNER, Payer.NOBODY):
        field = FieldError("payer", "is nobody else than the owner", "say who pays instead")
        raise invalid("the entitlement cannot be added", [field])
    if await parties.get_machine(tx, new.machine) is None:
        raise refuse("machine_unknown", f"the desk knows no machine {new.machine!r}")
    added = await store.add_entitlement(tx, new, clock.now())
    if added:
        event = EntitlementAdded(new.id, new.kind.value, new.reference, new.payer.value)
        timeline.append(tx, f"machine:{new.machine}", event)
    return added


async def end_entitlement(tx: Transaction, entitlement_id: UUID, at: datetime) -> None:
    """End it at `at`, unless it ends before; what it has paid stays paid."""
    machine = await store.end_entitlement(tx, entitlement_id, at)
    if machine:
        event = EntitlementEnded(entitlement_id, at.isoformat())
        timeline.append(tx, f"machine:{machine}", event)


async def entitlements_of(tx: Transaction, machine: str) -> list[Entitlement]:
    """All that a machine has, or had."""
    return await store.entitlements_of(tx, machine)


async def policy(tx: Transaction) -> Policy:
    """What the organisation allows now; the defaults of Policy until it says something."""
    return await store.policy(tx)


async def set_policy(tx: Transaction, new: Policy, by: UUID | None = None) -> None:
    """Change what the organisation allows, from this commit on. `by` is one of the staff."""
    version = await store.set_policy(tx, new, clock.now(), by)
    timeline.append(tx, "desk", PolicySet(version, by))
