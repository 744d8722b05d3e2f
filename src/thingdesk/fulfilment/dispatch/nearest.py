from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from thingdesk import parties
from thingdesk.fulfilment.dispatch.busy import busy
from thingdesk.fulfilment.dispatch.model import Candidate, Need, Standing, rank
from thingdesk.fulfilment.parts import store as parts
from thingdesk.parties import Provider
from thingdesk.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class _Wanted:
    need: Need
    exclude: Collection[UUID]
    most: int


async def nearest(
    tx: Transaction, need: Need, exclude: Collection[UUID] = (), most: int = 20
) -> list[Candidate]:
    """The providers of the needed kind, the best first, `most` at most, each with its reasons.

    Those that are not suitable come last, so that people see why. `exclude` are those that were
    asked before. An offered job counts as work in hand, until it is declined or expires. Of those
    who look together, each finds parts and places as the ones before it are about to leave them.
    """
    # last: who has found a provider before takes there what they need, before others look
    return await tx.share(_nearest, _Wanted(need, exclude, most), last=True)


async def _nearest(tx: Transaction, wanted: Sequence[_Wanted]) -> list[list[Candidate]]:
    kinds = await parties.providers_of_kinds(tx, {one.need.kind for one in wanted})
    ids = {provider.id for of_kind in kinds.values() for provider in of_kind}
    names = {one.need.part for one in wanted if one.need.part}
    stock = Counter(await parts.free_parts(tx, ids, names) if names else {})
    sent: Counter[UUID] = Counter()
    found = []
    for one in wanted:
        taken = await _taken(tx, one.need, kinds[one.need.kind]) + sent
        ranked = rank(one.need, _standings(one, kinds[one.need.kind], stock, taken))
        found.append(ranked[: one.most])
        if ranked and ranked[0].suitable:
            stock[ranked[0].id, one.need.part or ""] -= 1
            sent[ranked[0].id] += one.need.at is not None
    return found


async def _taken(tx: Transaction, need: Need, providers: Sequence[Provider]) -> Counter[UUID]:
    if need.at is None:
        return Counter()
    return await busy(tx, [provider.id for provider in providers], need.at)


def _standings(
    one: _Wanted,
    providers: Sequence[Provider],
    stock: Counter[tuple[UUID, str]],
    taken: Counter[UUID],
) -> list[Standing]:
    part = one.need.part or ""
    return [
        Standing(each, taken[each.id], stock[each.id, part], each.id in one.exclude)
        for each in providers
    ]
