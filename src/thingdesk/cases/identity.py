"""What tells a case from others of its subject and service."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from thingdesk.cases import store
from thingdesk.cases.model import Case
from thingdesk.platform import formats
from thingdesk.platform.database import Transaction

_LONGEST = 40


async def identity_words(tx: Transaction, found: Iterable[Case]) -> dict[UUID, str]:
    """Of each case the fields that make its problem, in a few words such as `code P0301`: what the
    service names as its identity. Empty where it names none, and of what was erased.
    """
    known = list(found)
    identities = await store.identities(tx, sorted({(one.subject, one.key) for one in known}))
    return {one.id: in_words(identities.get((one.subject, one.key), {})) for one in known}


def in_words(identity: dict[str, Any]) -> str:
    """`code P0301, cylinder 3`; a long value is cut."""
    return ", ".join(_words(identity))


def _words(identity: dict[str, Any]) -> Iterator[str]:
    for name, value in identity.items():
        if isinstance(value, bool):
            yield f"{formats.plain(name)} {'yes' if value else 'no'}"
        elif isinstance(value, str | int | float):
            said = _named(value) if isinstance(value, str) else formats.number(value)
            yield f"{formats.plain(name)} {said}"


def _named(text: str) -> str:
    said = formats.line(text)
    cut = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1].rstrip()}…"
    return formats.named(cut)
