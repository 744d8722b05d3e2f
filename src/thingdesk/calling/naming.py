"""Refusals by the names of what was sent: a report has its input elsewhere than a call has."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from thingdesk.platform.errors import FieldError, Refusal, Refused

Renamed = Sequence[tuple[str, str]]
"""Where something stands in a report, and where it does in the call."""
_REUSED = "event_id_reused"


@contextmanager
def naming(names: Renamed, key: str) -> Iterator[None]:
    """Refusals that come from within name what the caller sent; `key` is what holds the id."""
    try:
        yield
    except Refused as refused:
        raise Refused(as_sent(refused.refusal, names, key)) from None


def as_sent(refusal: Refusal, names: Renamed, key: str) -> Refusal:
    """The refusal with the paths of the call."""
    if refusal.code == _REUSED:
        mend = "give every request one of its own; the same again is for the same request"
        words = f"this {key} was sent before with another request"
        return replace(refusal, reason=words, fields=(FieldError(key, "was used before", mend),))
    reason, fields = refusal.reason, []
    for one in refusal.fields:
        path = _renamed(one.path, names)
        reason = reason.replace(one.path, path) if one.path and path else reason
        fields.append(replace(one, path=path))
    return replace(refusal, reason=reason, fields=tuple(fields))


def _renamed(path: str, names: Renamed) -> str:
    for before, now in names:
        if path == before or path.startswith(f"{before}."):
            rest = path[len(before) + 1 :]
            return ".".join(part for part in (now, rest) if part)
    return path
