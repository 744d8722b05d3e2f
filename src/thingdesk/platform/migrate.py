"""The schema: plain SQL files in each package's `migrations/`, applied once, in order.

Packages come in the order of their layers, files in the order of their names. A file that was
applied must not change: its digest is remembered, and a difference is an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

from thingdesk.platform.database import Database, Transaction

_LOCK = 7_413_302_117


class MigrationError(RuntimeError):
    """The schema in the database and the files of this release do not fit together."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file of one package."""

    package: str
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def find(packages: Sequence[str]) -> Iterator[Migration]:
    """The migrations of `packages`, in the order in which they apply."""
    for package in packages:
        folder = resources.files(package) / "migrations"
        if folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
                if file.name.endswith(".sql"):
                    yield Migration(package, file.name, file.read_text("utf-8"))


async def apply(database: Database, packages: Sequence[str]) -> list[Migration]:
    """Apply what is missing, in one transaction, under a lock; return what was applied."""
    async with database.transaction() as tx:
        await tx.execute("select pg_advisory_xact_lock($1)", _LOCK)
        known = await _applied(tx)
        missing = [one for one in find(packages) if not _is_known(one, known)]
        for one in missing:
            await tx.execute(one.sql)
            await tx.execute(
                "insert into schema_migration (package, name, digest) values ($1, $2, $3)",
                one.package,
                one.name,
                one.digest,
            )
        return missing


async def pending(database: Database, packages: Sequence[str]) -> list[Migration]:
    """What `apply` would apply."""
    async with database.transaction() as tx:
        known = await _applied(tx)
        return [one for one in find(packages) if not _is_known(one, known)]


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
