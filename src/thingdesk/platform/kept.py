"""Rows that are kept for a time: when that is over they are let go, in steps of bounded size."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


class LettingGo(Protocol):
    """What is let go when its time is over."""

    @property
    def table(self) -> str: ...

    @property
    def lasts(self) -> timedelta:
        """How long it is kept."""

    async def let_go(self, tx: Transaction) -> int:
        """One step; how much went. Nothing went: nothing is left that should."""

    async def overdue(self, tx: Transaction) -> timedelta | None:
        """For about how long something should have gone already that is there; None: nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of one table. `since` is the column that says from when on they are kept, for as long
    as `lasts`; where it is null, or `only` does not hold, a row stays.

    A step takes `most` at most. Rows of the table and column that `beside` names go with the rows
    whose `id` is there.
    """

    table: str
    since: str
    lasts: timedelta
    only: str = "true"
    most: int = 10_000
    beside: tuple[str, str] | None = None

    async def let_go(self, tx: Transaction) -> int:
        gone: int = await tx.fetchval(self._delete, clock.now() - self.lasts, self.most)
        return gone

    async def overdue(self, tx: Transaction) -> timedelta | None:
        before = clock.now() - self.lasts
        since: datetime | None = await tx.fetchval(self._first, before)
        return before - since if since else None

    # names of tables and columns cannot be parameters; these are constants of the stages' stores
    @property
    def _first(self) -> str:
        return (
            f"select {self.since}::timestamptz from {self.table}"  # noqa: S608 - constants
            f" where {self._over} limit 1"
        )

    @property
    def _delete(self) -> str:
        table, with_them = self.beside, ""
        if table:
            with_them = (
                f", beside as (delete from {table[0]}"  # noqa: S608 - constants
                f" where {table[1]} in (select id from gone))"
            )
        return (
            f"with gone as (delete from {self.table} where ctid = any(array("  # noqa: S608 - constants
            f" select ctid from {self.table} where {self._over} limit $2"
            f" for update skip locked)) returning {'id' if table else 'null'}){with_them}"
            " select count(*) from gone"
        )

    @property
    def _over(self) -> str:
        return f"{self.since} < $1::timestamptz and {self.only}"
