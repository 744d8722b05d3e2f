"""The names of those whom events and rows speak of."""

from collections.abc import Iterable
from uuid import UUID

from thingdesk import parties
from thingdesk.platform.database import Transaction
from thingdesk.timeline import Entry
from thingdesk.web.words import Names

_SAID = ("provider", "owner", "staff", "to", "by")


async def names_in(tx: Transaction, entries: Iterable[Entry], *more: UUID | None) -> Names:
    """The names of all owners, staff and providers in these entries, and of `more`."""
    found = {one for one in more if one}
    for entry in entries:
        for field in _SAID:
            found |= _ids((entry.value or {}).get(field))
    wanted = sorted(found)
    known = {one.id: one.name for one in (await parties.get_owners(tx, wanted)).values()}
    known |= {one.id: one.name for one in (await parties.get_providers(tx, wanted)).values()}
    missing = found - known.keys()
    if missing:
        known |= {one.id: one.name for one in await parties.all_staff(tx) if one.id in missing}
    return Names(known)


def _ids(value: object) -> set[UUID]:
    if not isinstance(value, str):
        return set()
    try:
        return {UUID(value.rpartition(":")[2])}
    except ValueError:
        return set()
