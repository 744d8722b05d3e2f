from thingdesk.platform.database import Transaction
from thingdesk.timeline import store
from thingdesk.timeline.model import FIRST, Break, digest, link


async def verify(tx: Transaction, stream: str) -> Break | None:
    """Where the chain of `stream` breaks first; None when it holds from first entry to head."""
    previous, seq = FIRST, 0
    for one, salt, text in await store.links(tx, stream):
        seq += 1
        if one.seq != seq:
            return Break(stream, seq, "an entry is missing")
        if salt is not None and text is not None and digest(salt, text) != one.digest:
            return Break(stream, seq, "the value is not the one that was written")
        if link(previous, stream, seq, one.at, one.kind, one.digest) != one.hash:
            return Break(stream, seq, "the entry is not the one that was written")
        previous = one.hash
    head = await store.head(tx, stream)
    if head != (seq, previous):
        return Break(stream, seq + 1, "the newest entries are missing")
    return None


async def verify_all(tx: Transaction) -> list[Break]:
    """The breaks of all streams."""
    found = [await verify(tx, stream) async for stream in store.streams(tx)]
    return [one for one in found if one]
