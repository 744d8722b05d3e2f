"""What is reachable, which versions, what is wrong and what to do about it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from thingdesk import __version__, app, timeline
from thingdesk.channels.mqtt import BrokerAddress
from thingdesk.platform import durable, migrate, private
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedError
from thingdesk.platform.migrate import Phase
from thingdesk.platform.settings import Settings

_WITHIN = 5.0
_LEAST_POSTGRES = 150000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    found: str
    well: bool = True
    mend: str = ""


Progress = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and how much there is."""


def _silent(_what: str, _done: int, _total: int) -> None:
    """For whoever wants to see the findings alone."""


async def examine(settings: Settings, progress: Progress = _silent) -> list[Finding]:
    """Look at everything; one thing that is wrong does not keep the others from being seen."""
    findings = [Finding("thingdesk", __version__), _person(settings)]
    findings.append(_folder(settings.data_dir))
    findings.append(await _broker(settings))
    try:
        async with app.database(settings) as database:
            findings += [await look(database) for look in (_server, _schema, _journeys)]
            findings.append(await _chains(database, progress))
    except (OSError, EmbeddedError) as error:
        mend = "Check THINGDESK_DATABASE_URL, or that the data folder can be written to."
        findings.append(Finding("PostgreSQL", str(error), well=False, mend=mend))
    return findings


def _folder(folder: Path) -> Finding:
    if folder.exists() and private.is_open(folder):
        found = f"{folder} is open to other accounts; what holds secrets in it is not"
        return Finding("data folder", found, well=False, mend=f"Run `chmod 700 {folder}`.")
    return Finding("data folder", str(folder))


def _person(settings: Settings) -> Finding:
    """How owners reach a person. To answer to a mail always works, if somebody reads that."""
    said = settings.contact or f"by answering to mails from {settings.mail_from}"
    return Finding("owners reach a person", said)


async def _server(database: Database) -> Finding:
    async with database.transaction() as tx:
        number = int(await tx.fetchval("show server_version_num"))
        name = await tx.fetchval("show server_version")
    mend = "" if number >= _LEAST_POSTGRES else "Use PostgreSQL 15 or later."
    return Finding("PostgreSQL", str(name), number >= _LEAST_POSTGRES, mend)


async def _schema(database: Database) -> Finding:
    missing = await migrate.pending(database, app.PACKAGES, Phase.PRE)
    if missing:
        found = f"{len(missing)} migrations are missing"
        return Finding("schema", found, well=False, mend="Run `thingdesk migrate`.")
    if left := await migrate.pending(database, app.PACKAGES):
        mend = "Run `thingdesk migrate --phase post` when no process of an older release runs."
        return Finding("schema", f"{len(left)} migrations of the phase post wait", mend=mend)
    return Finding("schema", "that of this release")


async def _journeys(database: Database) -> Finding:
    async with database.transaction() as tx:
        stuck = await durable.stuck(tx)
    if not stuck:
        return Finding("journeys", "none is stuck")
    run, code, problem = stuck[0]
    found = f"{len(stuck)} are stuck; the first is {run} ({code}): {problem}"
    mend = "Mend the service's code, then run the desk again; a changed one needs a new version."
    return Finding("journeys", found, well=False, mend=mend)


async def _chains(database: Database, progress: Progress) -> Finding:
    async with database.transaction() as tx:
        total = await timeline.size(tx)
    done, broken, first = 0, 0, None

    def more(entries: int) -> None:
        nonlocal done
        done += entries
        progress("Verifying the timeline", done, total)

    after: str | None = ""
    while after is not None:
        async with database.transaction() as tx:
            seen = await timeline.verify_next(tx, after, progress=more)
        broken += len(seen.breaks)
        first = first or next(iter(seen.breaks), None)
        after = seen.last
    if first is None:
        return Finding("timeline", "all hash chains hold")
    found = f"{broken} chains are broken; {first.stream} at entry {first.seq}: {first.reason}"
    mend = "Somebody changed the tables. Compare with a backup, and find out who had access."
    return Finding("timeline", found, well=False, mend=mend)


async def _broker(settings: Settings) -> Finding:
    if settings.broker_url is None:
        return Finding("MQTT broker", "embedded; it runs with the desk")
    address = BrokerAddress.read(settings.broker_url, shared=True)
    where = f"{address.host}:{address.port}"
    try:
        async with asyncio.timeout(_WITHIN):
            _, writer = await asyncio.open_connection(address.host, address.port)
    except (OSError, TimeoutError) as error:
        mend = "Check THINGDESK_BROKER_URL, and that the broker runs."
        return Finding("MQTT broker", f"{where}: {error or 'no answer'}", well=False, mend=mend)
    writer.close()
    return Finding("MQTT broker", f"{where} answers")
