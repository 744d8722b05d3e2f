from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from thingdesk import parties, timeline
from thingdesk.mandates import store
from thingdesk.mandates.action import Entitlement, Policy, PolicyVersion
from thingdesk.mandates.events import EntitlementAdded, EntitlementEnded, PolicySet
from thingdesk.mandates.model import Payer
from thingdesk.platform import clock, moments
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, invalid, refuse


async def add_entitlement(tx: Transaction, new: Entitlement, by: UUID | None = None) -> bool:
    """Whether it is new: of one machine, kind and reference there is one, and the first counts.

    Raises Refused: an unknown machine, or what cannot be an entitlement.
    """
    fields = list(_problems(new))
    if fields:
        raise invalid("the entitlement cannot be added", fields)
    if await parties.get_machine(tx, new.machine) is None:
        raise parties.unknown_machine(new.machine)
    added = await store.add_entitlement(tx, new, clock.now())
    if added:
        event = EntitlementAdded(new.id, new.kind.value, new.reference, new.payer.value, by)
        timeline.append(tx, f"machine:{new.machine}", event)
    return added


async def end_entitlement(
    tx: Transaction, entitlement_id: UUID, at: datetime, by: UUID | None = None
) -> None:
    """End it at `at`, unless it ends before; what it has paid stays paid."""
    machine = await store.end_entitlement(tx, entitlement_id, at)
    if machine:
        event = EntitlementEnded(entitlement_id, at.isoformat(), by)
        timeline.append(tx, f"machine:{machine}", event)


async def entitlements_of(tx: Transaction, machine: str, most: int = 100) -> list[Entitlement]:
    """Those of `machine` that end last or never, in the order in which they were added."""
    return await store.entitlements_of(tx, machine, most)


async def policy(tx: Transaction) -> Policy:
    """What the organisation allows now; the defaults of Policy until it says something."""
    return await store.policy(tx)


async def set_policy(
    tx: Transaction, new: Policy, by: UUID | None = None, *, seen: int | None = None
) -> None:
    """Change what the organisation allows, from this commit on. `by` is one of the staff.

    With `seen`, the version that is to be replaced (0 for none), only that one is: of two who
    change it at once one is refused. Raises Refused.
    """
    fields = [
        FieldError(name, "is negative", "0 or more")
        for name, amount in (("per_effect", new.per_effect), ("pays_per_case", new.pays_per_case))
        if amount and amount.minor < 0
    ]
    if fields:
        raise invalid("the policy cannot be set", fields)
    await store.lock_policy(tx)
    if seen is not None and seen != await store.policy_version(tx):
        raise refuse("policy_changed", "Somebody else has changed the policy meanwhile.")
    version = await store.set_policy(tx, new, clock.now(), by)
    timeline.append(tx, "desk", PolicySet(version, by))


async def policies(tx: Transaction, most: int = 20) -> list[PolicyVersion]:
    """What was set and by whom, the newest first."""
    return await store.policies(tx, most)


def _problems(new: Entitlement) -> Iterator[FieldError]:
    if new.payer in (Payer.OWNER, Payer.NOBODY):
        yield FieldError("payer", "is nobody else than the owner", "say who pays instead")
    if not new.reference.strip():
        yield FieldError("reference", "is missing", "what tells it from others, such as a number")
    for name in ("services", "effects", "remedies"):
        if not getattr(new, name):
            yield FieldError(name, "is empty", "name some, or * for all")
    if new.per_effect and new.per_effect.minor < 0:
        yield FieldError("per_effect", "is negative", "0 or more")
    for name in ("begins", "ends"):
        at = getattr(new, name)
        if wrong := moments.problem(at) if at else None:
            yield FieldError(name, wrong, moments.MEND)
    if new.begins and new.ends and new.ends <= new.begins:
        yield FieldError("ends", "is not after begins", "a later time")
