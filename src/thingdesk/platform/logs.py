"""What the desk writes of what it does: a line an event, for a person or for a collector.

    with logs.about(case=case_id):
        _log.warning("the part is out of stock")     # the line carries the case

`about` holds for whatever the block calls, and for no other task. What looks like a secret is
left out of every line: the password in a URL, a token, a signed link.
"""

import logging
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

import orjson

_about: ContextVar[Mapping[str, object]] = ContextVar("about", default={})  # noqa: B039 - never changed
_PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_LIBRARIES = {
    **dict.fromkeys(("gmqtt", "httpx", "uvicorn", "opentelemetry"), logging.WARNING),
    # it warns of whatever anybody sends that is no HTTP, as often as they send it
    "uvicorn.error": logging.ERROR,
    # it warns of whatever anybody sends that does not fit, and may show what that was
    "mcp": logging.CRITICAL,
    # aiosmtpd, which writes who wrote to whom, and commands that it does not know
    "mail.log": logging.ERROR,
}
# a URL's name and password; a token or a signed link, which both are JWS; what follows "Bearer"
_SECRET = re.compile(
    r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"
    r"|(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]+"
    r"|(?<=Bearer )[^\s\"']+"
    r"|(?<=/set-up/)[\w.~-]+"
)
_LEFT_OUT = "***"


class about:  # noqa: N801 - a verb to those who use it; a class, because each message passes here
    """Let every line that is written in the block say what it is about: case, run, machine."""

    __slots__ = ("_facts", "_token")

    def __init__(self, **facts: object) -> None:
        self._facts = facts

    def __enter__(self) -> None:
        self._token = _about.set({**_about.get(), **self._facts})

    def __exit__(self, *_: object) -> None:
        _about.reset(self._token)


def _told() -> dict[str, str]:
    return {name: str(fact) for name, fact in _about.get().items() if fact is not None}


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Write to `stream` (standard error): `json`, `plain`, or `auto`, which is plain for a person
    at a terminal and JSON for everything else.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if is_json(form, stream) else _Plain(_PLAIN))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library, least in _LIBRARIES.items():
        logging.getLogger(library).setLevel(least)


def is_json(form: str, stream: TextIO | None = None) -> bool:
    """Whether `form` comes to JSON lines."""
    return form == "json" or (form == "auto" and not (stream or sys.stderr).isatty())


def without_secrets(words: str) -> str:
    """`words` without what looks like a secret."""
    return _SECRET.sub(_LEFT_OUT, words)


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        told = " ".join(f"{name}={fact}" for name, fact in _told().items())
        return without_secrets(super().format(record)) + (f" [{told}]" if told else "")


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, str] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "words": without_secrets(record.getMessage()),
            **_told(),
        }
        if record.exc_info:
            line["error"] = without_secrets(self.formatException(record.exc_info))
        return orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS).decode()
