"""The schema: plain SQL files in each package's `migrations/`, applied once, in order.

Packages come in the order of their layers, files in the order of their names. A file that was
applied must not change: its digest is remembered, and a difference is an error. Two phases let the
release before go on while this one comes, see `Phase`.
"""

import asyncio
import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from importlib import resources

import asyncpg

from thingdesk.platform import ids
from thingdesk.platform.backoff import Backoff
from thingdesk.platform.database import Database, Transaction

_LOCK = 7_413_302_117
_LOCK_TIMEOUT_MS = 2_000
_ATTEMPTS = 20
_PAUSES = Backoff(timedelta(milliseconds=500), timedelta(seconds=10))
_log = logging.getLogger(__name__)


class MigrationError(RuntimeError):
    """The schema in the database and the files of this release do not fit together."""


class Phase(StrEnum):
    """`pre`: what the release before works with as well, such as a new table or column, applied
    before the first process of this release runs. `post`: what takes away, in files that end in
    `.post.sql`, applied when the last process of the release before has ended.
    """

    PRE = "pre"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file of one package."""

    package: str
    name: str
    sql: str

    @property
    def phase(self) -> Phase:
        return Phase.POST if self.name.endswith(".post.sql") else Phase.PRE

    @property
    def digest(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Applied:
    """What was applied; `first`: to a database that had nothing of ours."""

    migration: Migration
    first: bool


def find(packages: Sequence[str]) -> Iterator[Migration]:
    """The migrations of `packages`, in the order in which they apply."""
    for package in packages:
        folder = resources.files(package) / "migrations"
        if folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".sql"):
                    yield Migration(package, file.name, file.read_text("utf-8"))


async def apply(
    database: Database, packages: Sequence[str], phase: Phase | None = None
) -> list[Migration]:
    """Apply what is missing of `phase` (None: of both), each file in a transaction of its own,
    under a lock; return what was applied.

    Nobody waits long for it: a file that does not get its locks within seconds is undone and tried
    again later. A database with nothing in it gets everything, whatever the phase.
    """
    applied: list[Migration] = []
    everything = phase is None
    while True:
        try:
            one = await _apply_next(database, packages, None if everything else phase)
        except asyncpg.LockNotAvailableError as error:
            raise MigrationError(
                "The tables were in use all the time: something holds a transaction open. Look for "
                "it in pg_stat_activity, end it, and run this again; what was applied stays."
            ) from error
        if one is None:
            return applied
        everything = everything or one.first
        applied.append(one.migration)


async def pending(
    database: Database, packages: Sequence[str], phase: Phase | None = None
) -> list[Migration]:
    """What `apply` would apply."""
    async with database.transaction() as tx:
        return list(_missing(packages, await _applied(tx), phase))


async def _apply_next(
    database: Database, packages: Sequence[str], phase: Phase | None
) -> _Applied | None:
    for attempt in itertools.count(1):
        try:
            async with database.transaction() as tx:
                await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)
                known = await _applied(tx)
                one = next(_missing(packages, known, phase), None)
                if one is not None:
                    await _run(tx, one)
                    return _Applied(one, first=not known)
                return None
        except asyncpg.LockNotAvailableError:
            if attempt == _ATTEMPTS:
                raise
            _log.warning("a migration waits for a table that is in use; trying again")
            await asyncio.sleep(_PAUSES.pause(attempt, ids.draw()).total_seconds())
    return None


async def _run(tx: Transaction, one: Migration) -> None:
    # whoever comes after us to a table waits for us while we wait for it
    await tx.execute(f"set local lock_timeout = {_LOCK_TIMEOUT_MS}")
    try:
        await tx.execute(one.sql)
    except asyncpg.SyntaxOrAccessError as error:
        raise MigrationError(
            f"{one.package}/migrations/{one.name} does not fit this database: {error}. If that is"
            " there because the file was applied before, somebody deleted its row in"
            " schema_migration: compare with a backup, and find out who had access."
        ) from error
    await tx.execute(
        "insert into schema_migration (package, name, digest) values ($1, $2, $3)",
        one.package,
        one.name,
        one.digest,
    )


def _missing(
    packages: Sequence[str], known: dict[tuple[str, str], str], phase: Phase | None
) -> Iterator[Migration]:
    """In order. A post before a pre was left over by an older release, and comes along."""
    for _, files in itertools.groupby(find(packages), key=lambda one: one.package):
        missing = [one for one in files if not _is_known(one, known)]
        pres = [n for n, one in enumerate(missing) if one.phase is Phase.PRE]
        last = pres[-1] + 1 if pres else 0
        match phase:
            case None:
                yield from missing
            case Phase.PRE:
                yield from missing[:last]
            case Phase.POST:
                if last:
                    raise MigrationError("Run `thingdesk migrate --phase pre` before.")
                yield from missing


async def _applied(tx: Transaction) -> dict[tuple[str, str], str]:
    await tx.execute(
        "create table if not exists schema_migration (package text, name text,"
        " digest text not null, at timestamptz not null default now(), primary key (package, name))"
    )
    rows = await tx.fetch("select package, name, digest from schema_migration")
    return {(row["package"], row["name"]): row["digest"] for row in rows}


def _is_known(one: Migration, known: dict[tuple[str, str], str]) -> bool:
    digest = known.get((one.package, one.name))
    if digest is not None and digest != one.digest:
        raise MigrationError(
            f"{one.package}/migrations/{one.name} was changed after it was applied. "
            "Put the file back as it was, and add a new one for the change."
        )
    return digest is not None
