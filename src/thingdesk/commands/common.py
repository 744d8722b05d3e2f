"""What commands have in common: settings, a log, and what a person is told when one fails."""

import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import click
import uvloop
from pydantic import ValidationError
from rich.console import Console

from thingdesk import app, replay, web
from thingdesk.channels.platforms import MapError
from thingdesk.demo.stage import DemoError
from thingdesk.loading import PackError
from thingdesk.platform import logs
from thingdesk.platform.database import Database
from thingdesk.platform.embedded import EmbeddedError
from thingdesk.platform.errors import Refused
from thingdesk.platform.migrate import MigrationError
from thingdesk.platform.ports import PortError
from thingdesk.platform.settings import Settings, misspelt, problems, secrets

CONSOLE = Console(stderr=True)
_EXPECTED = (
    DemoError,
    EmbeddedError,
    MapError,
    MigrationError,
    PackError,
    PortError,
    replay.ReplayError,
    replay.UnknownRecordingError,
    web.Unfit,
)


def settings_of(**given: Any) -> Settings:
    """Those `given`, of the environment, and of secret files, in this order. Raises ClickException
    where one does not fit, or cannot be read.
    """
    try:
        folder = secrets()
        files = [one.name.upper() for one in folder.iterdir()] if folder else []
        for one in misspelt([*os.environ, *files]):
            CONSOLE.print(one, markup=False)
        settings = Settings(**given)
    except ValidationError as error:
        raise click.ClickException("\n".join(problems(error))) from None
    except (OSError, ValueError) as error:
        raise click.ClickException(f"Settings cannot be read from a file: {error}") from None
    logs.configure(settings.log_level, settings.log)
    return settings


def known_desk(settings: Settings) -> None:
    """Raises ClickException where no database is: what is not there cannot be looked at."""
    if not settings.has_database:
        raise click.ClickException(f"{app.NO_DESK.format(settings.data_dir.absolute())} {app.SEEK}")


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Database]:
    """For a command that writes: it says where, before it does."""
    click.echo(f"Database: {settings.which_database}", err=True)
    async with app.database(settings) as found:
        await app.migrate_all(found)
        yield found


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; an expected failure is a line that says what to do, and the exit code 1."""
    try:
        uvloop.run(work)
    except Exception as error:
        words = _said(_alone(error))
        if words is None:
            raise
        raise click.ClickException(words) from None


def _alone(error: Exception) -> Exception:
    """What failed, where it failed alone among what went on side by side."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def _said(error: Exception) -> str | None:
    """What a person is told of a failure that was to be expected."""
    if isinstance(error, Refused):
        return error.refusal.reason
    if isinstance(error, _EXPECTED):
        return str(error)
    if isinstance(error, OSError):
        return f"{error}. `thingdesk doctor` says what is reachable."
    return None


def fail_for(bad: int) -> None:
    """What is wrong in a file is also said by the exit code."""
    if bad:
        sys.exit(1)
