"""Whether all is as it was written. However long a stream is, and however many there are, only a
page of them is in memory.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from thingdesk.platform.database import Transaction
from thingdesk.timeline import store
from thingdesk.timeline.chain import Chain
from thingdesk.timeline.model import Break, Kept

_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Verified:
    """Some streams, those that are broken, and after which one to go on; None at the end."""

    breaks: tuple[Break, ...]
    last: str | None


async def verify(tx: Transaction, stream: str) -> Break | None:
    """Where the chain of `stream` breaks first; None when it holds from first entry to head."""
    chain = Chain(stream)
    head = await store.head(tx, stream)
    while True:
        async for one in _walk(tx, (stream, chain.seq), stream):
            broken = chain.follow(one)
            if broken:
                return broken
        if head == (chain.seq, chain.hash):
            return None
        before, head = head, await store.head(tx, stream)
        # it may have grown while it was followed
        if head == before:
            return Break(stream, chain.seq + 1, "the newest entries are missing")


async def verify_next(
    tx: Transaction,
    after: str = "",
    most: int = 500,
    progress: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Verify the `most` streams after the one named `after`, by their names; `progress` is told
    how many entries more were followed.
    """
    heads = await store.heads(tx, after, most)
    last = next(reversed(heads)) if len(heads) == most else None
    doubtful: list[str] = []
    chain = Chain("")
    async for one in _walk(tx, (after, store.LAST), last, progress):
        if one.stream != chain.stream:
            _leave(chain, heads, doubtful)
            chain = Chain(one.stream)
        if chain.stream not in doubtful[-1:] and chain.follow(one):
            doubtful.append(chain.stream)
    _leave(chain, heads, doubtful)
    # one by one: what was read page by page may have grown between two of them
    found = [await verify(tx, stream) for stream in (*doubtful, *heads)]
    return Verified(tuple(one for one in found if one), last)


def _leave(chain: Chain, heads: dict[str, tuple[int, bytes]], doubtful: list[str]) -> None:
    """The chain's stream is read to its end: does its head say so, too?"""
    if not chain.stream:
        return
    head = heads.pop(chain.stream, None)
    if head != (chain.seq, chain.hash) and chain.stream not in doubtful[-1:]:
        doubtful.append(chain.stream)


async def _walk(
    tx: Transaction,
    after: tuple[str, int],
    last: str | None,
    progress: Callable[[int], None] = lambda _: None,
) -> AsyncIterator[Kept]:
    while page := await store.kept(tx, after, last, _PAGE):
        for one in page:
            yield one
        progress(len(page))
        after = page[-1].stream, page[-1].seq
