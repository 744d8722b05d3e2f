"""Following a stream's entries, each by the one before it. Pure."""

from thingdesk.timeline.model import FIRST, Break, Kept, digest, link


class Chain:
    """How far a stream was followed: its newest entry's number and hash."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.seq = 0
        self.hash = FIRST

    def follow(self, one: Kept) -> Break | None:
        """Go on with the next entry of the stream; why it cannot be the next one."""
        self.seq += 1
        if one.seq != self.seq:
            return Break(self.stream, self.seq, "an entry is missing")
        if one.value is not None and digest(*one.value) != one.digest:
            return Break(self.stream, self.seq, "the value is not the one that was written")
        if link(self.hash, self.stream, one.seq, one.at, one.kind, one.digest) != one.hash:
            return Break(self.stream, self.seq, "the entry is not the one that was written")
        self.hash = one.hash
        return None
