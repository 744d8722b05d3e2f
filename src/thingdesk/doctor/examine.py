"""What is reachable, which versions, what is wrong and what to do about it."""

import asyncio
import platform
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from thingdesk import __version__, app, journeys, parties, timeline, upkeep
from thingdesk.catalog import in_words
from thingdesk.doctor.check import Check
from thingdesk.doctor.settings_checks import settings_checks
from thingdesk.loading import PackError
from thingdesk.parties import DeskKey, Unreadable
from thingdesk.platform import durable, embedded, ids, migrate, present
from thingdesk.platform.database import Database
from thingdesk.platform.durable import Standing
from thingdesk.platform.embedded import EmbeddedError
from thingdesk.platform.migrate import MigrationError, Phase
from thingdesk.platform.mqtt import BrokerAddress, Connection
from thingdesk.platform.settings import Settings
from thingdesk.timeline import Checkpoint, Flaw

_BROKER = "MQTT broker"
_WITHIN = 5.0
_LEAST_POSTGRES = 150000
_MOST_CASES = 3
_HOUR = timedelta(hours=1)
_MEND_STUCK = (
    "Mend the service and start the desk again: what is stuck is tried once at each start, or by"
    " `thingdesk retry`. A journey that has begun needs the steps it began with: register what"
    " changed as a new version beside the old. Or withdraw the case on its page."
)
_CHANGED = "Somebody changed the tables. Compare with a backup, and find out who had access."
_NOT_KEPT = (
    "If this database was restored from an older backup, that is why. If not, somebody deleted what"
    " had happened, or made it up anew: compare with a backup, and find out who had access."
)


Progress = Callable[[str, int, int], None]
"""Is told what is done, how much of it, and how much there is."""


def _silent(_what: str, _done: int, _total: int) -> None:
    """For whoever wants to see the checks alone."""


async def examine(
    settings: Settings, progress: Progress = _silent, kept: str | None = None
) -> list[Check]:
    """Look at everything; one thing that is wrong does not keep the others from being seen. `kept`
    is a checkpoint that was kept elsewhere, to be compared with.
    """
    checks = [_release(), *await settings_checks(settings)]
    checks.append(await _broker(settings))
    if not settings.has_database:
        none = app.NO_DESK.format(settings.data_dir.absolute())
        return [*checks, Check("PostgreSQL", none, well=False, mend=app.SEEK)]
    try:
        async with app.database(settings) as database:
            checks += [await look(database) for look in (_server, _schema)]
            if checks[-1].well:
                checks += await _journeys(database, settings)
                checks.append(await _kept(database, settings))
                checks.append(await _chains(database, progress))
                checks += await _checkpoints(database, progress, kept)
    except (OSError, EmbeddedError) as error:
        mend = "Check THINGDESK_DATABASE_URL, or that the data folder can be written to."
        found = f"{settings.which_database}: {error}"
        checks.append(Check("PostgreSQL", found, well=False, mend=mend))
    return checks


def _release() -> Check:
    return Check("thingdesk", f"{__version__}, on Python {platform.python_version()}")


async def _server(database: Database) -> Check:
    async with database.transaction() as tx:
        number = int(await tx.fetchval("show server_version_num"))
        name = await tx.fetchval("show server_version")
    mend = "" if number >= _LEAST_POSTGRES else "Use PostgreSQL 15 or later."
    return Check("PostgreSQL", str(name), number >= _LEAST_POSTGRES, mend)


async def _schema(database: Database) -> Check:
    try:
        missing = await migrate.pending(database, app.PACKAGES, Phase.PRE)
    except MigrationError as error:
        return Check("schema", "not that of this release", well=False, mend=str(error))
    if missing:
        first = f"{missing[0].package}/migrations/{missing[0].name}"
        found = f"{len(missing)} of its migrations are missing, the first one is {first}"
        return Check("schema", found, well=False, mend="Run `thingdesk migrate`.")
    if left := await migrate.pending(database, app.PACKAGES):
        mend = "Run `thingdesk migrate --phase post` when no process of an older release runs."
        return Check("schema", f"{len(left)} migrations of the phase post wait", mend=mend)
    return Check("schema", "that of this release")


async def _journeys(database: Database, settings: Settings) -> list[Check]:
    """All that keeps journeys from going on, one check for each cause."""
    running = present.read(settings.data_dir).get("services", "").split()
    try:
        known = running or list(app.make_flow(settings).catalog.versions)
    except PackError:
        return []  # what the settings say has a check of its own
    async with database.transaction() as tx:
        stuck = await durable.stuck(tx)
        failing = await durable.failing(tx)
        unknown = await durable.unknown(tx, known)
    found = [
        *_by_cause(stuck, "stuck", _MEND_STUCK),
        *_by_cause(failing, "failing", "They are tried again by themselves, a few times."),
        *(_without_code(code, number) for code, number in unknown),
    ]
    return found or [Check("journeys", "none is stuck or fails")]


def _by_cause(runs: Sequence[Standing], state: str, mend: str) -> list[Check]:
    causes: dict[tuple[str, str], list[str]] = {}
    for one in runs:
        cases = causes.setdefault((in_words(one.code), one.problem or ""), [])
        cases.append(str(journeys.Facts.from_data(one.input).case_id))
    return [
        Check("journeys", f"{state}: {code}: {problem}; {_cases(cases)}", well=False, mend=mend)
        for (code, problem), cases in causes.items()
    ]


def _cases(found: Sequence[str]) -> str:
    shown = ", ".join(found[:_MOST_CASES])
    more = f" and {len(found) - _MOST_CASES} more" if len(found) > _MOST_CASES else ""
    return f"{'case' if len(found) == 1 else 'cases'} {shown}{more}"


def _without_code(code: str, number: int) -> Check:
    name = in_words(code)
    found = f"{number} {'waits' if number == 1 else 'wait'} for code: {name}"
    mend = f"Load the pack that has {name} (THINGDESK_PACKS); none of the desk's has it."
    return Check("journeys", found, well=False, mend=mend)


async def _kept(database: Database, settings: Settings) -> Check:
    async with database.transaction() as tx:
        found = await upkeep.overdue(tx, settings.signals_kept)
    late = [f"{one} by {int(by / _HOUR)} h" for one, by in found.items() if by > _HOUR]
    if not late:
        return Check("what is kept", "all that is over has been let go")
    words = f"what is over is still there: {', '.join(late)}"
    mend = "A process with the role work lets go of it: does one run, and what does its log say?"
    return Check("what is kept", words, well=False, mend=mend)


async def _chains(database: Database, progress: Progress) -> Check:
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
        return Check("timeline", "all hash chains hold")
    found = f"{broken} chains are broken; {first.stream} at entry {first.seq}: {first.reason}"
    return Check("timeline", found, well=False, mend=_CHANGED)


async def _checkpoints(database: Database, progress: Progress, kept: str | None) -> list[Check]:
    async with database.transaction() as tx:
        key = await parties.desk_key(tx)
        newest = await timeline.newest_checkpoint(tx)
        compared = None if kept is None else await timeline.compare(tx, kept, _reader(key))
    found = [_all_kept_to(await _flaws(database, progress, _reader(key), newest), newest)]
    if compared:
        what = f"what was kept {compared}"
        found.append(Check("checkpoint", what, well=False, mend=_NOT_KEPT))
    elif kept is not None:
        found.append(Check("checkpoint", "what was kept is one of them"))
    return found


def _reader(key: DeskKey) -> timeline.Read:
    def read(signed: str) -> dict[str, Any] | None:
        try:
            return key.verify(signed, timeline.CHECKPOINT)
        except Unreadable:
            return None

    return read


async def _flaws(
    database: Database, progress: Progress, read: timeline.Read, newest: Checkpoint | None
) -> tuple[int, Flaw | None]:
    """How many, and the first."""
    many, first = 0, None
    last, total = None, newest.number if newest else 0
    while True:
        async with database.transaction() as tx:
            flaws, last = await timeline.verify_checkpoints(tx, read, last)
        many, first = many + len(flaws), first or next(iter(flaws), None)
        if last is None:
            return many, first
        progress("Verifying its checkpoints", last.number, total)


def _all_kept_to(flaws: tuple[int, Flaw | None], newest: Checkpoint | None) -> Check:
    many, first = flaws
    if first is not None:
        found = f"{many} do not hold; number {first.number}: {first.reason}"
        return Check("checkpoints", found, well=False, mend=_CHANGED)
    if newest is None:
        return Check("checkpoints", "none was made yet")
    made = newest.at.isoformat(timespec="seconds")
    return Check("checkpoints", f"all {newest.number} hold, the newest of {made}")


async def _broker(settings: Settings) -> Check:
    if settings.broker_url is None:
        return await _embedded_broker(settings.data_dir)
    address = BrokerAddress.read(settings.broker_url, shared=True)
    mend = "Check THINGDESK_BROKER_URL, its name and password too, and that the broker runs."
    return await _lets_in(address, f"doctor-{ids.new()}", "lets the desk in, by MQTT 5", mend)


async def _embedded_broker(folder: Path) -> Check:
    try:
        version = embedded.broker_version()
    except EmbeddedError as error:
        return Check(_BROKER, str(error), well=False)
    own = f"embedded, {version}"
    url = present.read(folder).get(app.DESK_BROKER)
    if url is None:
        return Check(_BROKER, f"{own}; it runs with the desk, and no desk runs in this folder")
    address = BrokerAddress.read(url, shared=False)
    mend = "If the desk was killed, `thingdesk up` starts both again; if it runs, its log says why."
    # one name for all: what this broker keeps of a session stays
    return await _lets_in(address, "doctor", f"lets the desk in ({own})", mend)


async def _lets_in(address: BrokerAddress, name: str, well: str, mend: str) -> Check:
    where = f"{address.host}:{address.port}"
    try:
        async with asyncio.timeout(_WITHIN), Connection(address, name):
            return Check(_BROKER, f"{where} {well}")
    except (OSError, TimeoutError) as error:
        return Check(_BROKER, f"{where}: {error or 'no answer'}", well=False, mend=mend)
