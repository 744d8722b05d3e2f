from collections.abc import Sequence
from uuid import UUID

from thingdesk import mandates, parties
from thingdesk.access import grant_store
from thingdesk.access.model import Surface
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def by_grant(tx: Transaction, machines: Sequence[str], surface: Surface) -> dict[str, UUID]:
    """Of machines that never had a key of their own, those whom an owner lets act at `surface` at
    this moment, and under which mandate, that of the newest yes: for where a broker has seen the
    token, and we have not.
    """
    keyless = await parties.keyless(tx, sorted(set(machines)))
    grants = await grant_store.of_machines(tx, keyless, surface)
    now = clock.now()
    given = await mandates.get_many(tx, {one.mandate_id for one in grants})
    owned = await parties.ownerships_of(tx, [(one.machine, now) for one in grants])
    return {
        grant.machine: mandate.id
        for grant, period in zip(grants, owned, strict=True)
        if (mandate := given.get(grant.mandate_id)) and mandate.is_live(now)
        if period and period.owner_id == grant.owner_id
    }
