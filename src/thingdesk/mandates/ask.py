from collections.abc import Sequence

from thingdesk import parties
from thingdesk.mandates import given_store
from thingdesk.mandates.action import Facts, Policy, Verdict, Wish
from thingdesk.mandates.decide import decide_wish
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


async def may_ask(tx: Transaction, wishes: Sequence[Wish]) -> list[Verdict]:
    """A verdict a wish, in order, by what stands in `tx`: in the one that opens the case it is
    the one that counts.
    """
    if not wishes:
        return []
    now = clock.now()
    chains = await given_store.chains(tx, {one.mandate_id for one in wishes})
    owned = await parties.ownerships_of(tx, [(one.machine, now) for one in wishes])
    verdicts = []
    for wish, period in zip(wishes, owned, strict=True):
        chain = chains.get(wish.mandate_id, ())
        facts = Facts(
            now,
            Policy(),
            mandate=chain[0] if chain else None,
            parents=chain[1:],
            owner_id=period.owner_id if period else None,
            owned_since=period.begins if period else None,
        )
        verdicts.append(decide_wish(wish, facts))
    return verdicts
