from collections.abc import Collection
from uuid import UUID

from thingdesk import parties
from thingdesk.fulfilment.dispatch.busy import busy
from thingdesk.fulfilment.dispatch.model import Candidate, Need, Standing, rank
from thingdesk.fulfilment.parts import store as parts
from thingdesk.platform.database import Transaction


async def nearest(
    tx: Transaction, need: Need, exclude: Collection[UUID] = (), most: int = 20
) -> list[Candidate]:
    """The providers of the needed kind, the best first, `most` at most, each with its reasons.

    Those that are not suitable come last, so that people see why. `exclude` are those that were
    asked before. An offered job counts as work in hand, until it is declined or expires.
    """
    providers = await parties.providers_of_kind(tx, need.kind)
    ids = [provider.id for provider in providers]
    stock = await parts.free_parts(tx, ids, need.part) if need.part else {}
    taken = await busy(tx, ids, need.at) if need.at else {}
    standings = [
        Standing(
            provider,
            taken.get(provider.id, 0),
            stock.get(provider.id, 0),
            provider.id in exclude,
        )
        for provider in providers
    ]
    return rank(need, standings)[:most]
