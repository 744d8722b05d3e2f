"""What commands have in common: settings, a log, and what a person is told when one fails."""

from collections.abc import Coroutine
from typing import Any

import click
import uvloop
from rich.console import Console

from thingdesk import replay
from thingdesk.demo.stage import DemoError
from thingdesk.loading import PackError
from thingdesk.platform import logs
from thingdesk.platform.embedded import EmbeddedError
from thingdesk.platform.errors import Refused
from thingdesk.platform.migrate import MigrationError
from thingdesk.platform.settings import Settings

CONSOLE = Console(stderr=True)
_EXPECTED = (
    DemoError,
    EmbeddedError,
    MigrationError,
    PackError,
    replay.ReplayError,
    replay.UnknownRecordingError,
)


def settings_of(**given: Any) -> Settings:
    settings = Settings(**given)
    logs.configure(settings.log_level, settings.log)
    return settings


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; an expected failure is a line that says what to do, and the exit code 1."""
    try:
        uvloop.run(work)
    except Refused as refused:
        raise click.ClickException(refused.refusal.reason) from None
    except _EXPECTED as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{error}. `thingdesk doctor` says what is reachable.") from None
