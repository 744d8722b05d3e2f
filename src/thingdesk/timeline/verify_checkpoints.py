"""Whether the timeline still has all that checkpoints say it had. However many there are, only a
few of them are in memory.
"""

from collections.abc import Callable, Mapping
from typing import Any

from thingdesk.platform.database import Transaction
from thingdesk.timeline import checkpoint_store as store
from thingdesk.timeline.model import FIRST, Checkpoint, Flaw, Head, root

Read = Callable[[str], Mapping[str, Any] | None]
"""The claims of a checkpoint that the desk signed; None when it did not."""

_PAGE = 20
_MOST_FLAWS = 100


async def verify_checkpoints(
    tx: Transaction, read: Read, last: Checkpoint | None = None
) -> tuple[list[Flaw], Checkpoint | None]:
    """Verify the next few after `last`: what does not hold, and after which one to go on; None at
    the end. With the chains verified as well, an entry that is there stands for all before it.
    """
    page = await store.after(tx, last.number if last else 0, _PAGE)
    if not page:
        return [], None
    flaws: list[Flaw] = []
    for one in page:
        reason = _reason(one, last, read)
        if reason:
            flaws.append(Flaw(one.number, reason))
        last = one
    missed = await store.missed(tx, page[0].number, page[-1].number, _MOST_FLAWS)
    flaws += [Flaw(number, _gone(head, there=there)) for number, head, there in missed]
    return flaws, last


async def compare(tx: Transaction, kept: str, read: Read) -> str | None:
    """Why a checkpoint that was `kept` elsewhere is none of the desk's.

    None: it is one of them. All that came before it is as it was, if theirs and the streams'
    chains hold.
    """
    claims = read(kept)
    if claims is None:
        return "is no checkpoint, or not signed by a key of this desk"
    number, made = int(claims["number"]), f"number {claims['number']} of {claims['at']}"
    known = await store.get(tx, number)
    if known is None:
        newest = await store.newest(tx)
        return (
            f"is {made}, and the newest here is {f'number {newest.number}' if newest else 'none'}"
        )
    return None if known.signed == kept else f"is {made}, and here that is another one"


def _reason(one: Checkpoint, last: Checkpoint | None, read: Read) -> str | None:
    before, previous = (last.number, last.digest) if last else (0, FIRST)
    if one.number != before + 1:
        return "the one before it is missing"
    if one.previous != previous:
        return "it does not follow the one before it"
    if read(one.signed) != one.claims():
        return "its signature does not fit"
    if root(one.heads) != one.root:
        return "its streams are not those that were signed"
    return None


def _gone(head: Head, *, there: bool) -> str:
    if there:
        return f"{head.stream} has another entry {head.seq} than it had"
    return f"{head.stream} has no entry {head.seq} any more"
