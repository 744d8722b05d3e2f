"""The names of those whom events and rows speak of."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from thingdesk import parties
from thingdesk.platform.database import Transaction
from thingdesk.timeline import Entry
from thingdesk.web.words import Line, Names, say

_SAID = ("provider", "owner", "staff", "to", "by")


async def names_in(tx: Transaction, entries: Iterable[Entry], *more: UUID | None) -> Names:
    """The names of all owners, staff and providers in these entries, and of `more`."""
    found = {one for one in more if one}
    for entry in entries:
        for field in _SAID:
            found |= _ids((entry.value or {}).get(field))
    return Names(await _known(tx, found))


async def history(
    tx: Transaction, entries: Sequence[Entry], *, former: Collection[UUID] = ()
) -> tuple[Line, ...]:
    """The entries in words. Owners who are `former` ones have no name here: what was before is
    nobody's business any more.
    """
    names = await names_in(tx, entries)
    hidden = Names({**names.known, **dict.fromkeys(former, "a former owner")})
    return tuple(say(entry, hidden) for entry in entries)


async def staff_names(tx: Transaction, staff: Iterable[UUID | None]) -> Names:
    """The names of staff, of those without an account any more, too."""
    return Names(await parties.staff_names(tx, [one for one in staff if one]))


async def _known(tx: Transaction, found: set[UUID]) -> dict[UUID, str]:
    wanted = sorted(found)
    known = {one.id: one.name for one in (await parties.get_owners(tx, wanted)).values()}
    known |= {one.id: one.name for one in (await parties.get_providers(tx, wanted)).values()}
    missing = found - known.keys()
    return known | await parties.staff_names(tx, sorted(missing)) if missing else known


def _ids(value: object) -> set[UUID]:
    if not isinstance(value, str):
        return set()
    try:
        return {UUID(value.rpartition(":")[2])}
    except ValueError:
        return set()
