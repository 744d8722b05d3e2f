"""Refusals that the broker itself makes, read from its log: it tells them in no other way."""

import asyncio
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_EVERY = 0.5
_AT_MOST = 1024 * 1024  # in one look; a flood of violations is told once, not line by line

# A client id that could break out of its quotes is printed escaped. What begins with one of the
# last two words was already told by the call-out, except for the desk's own names.
_LINE = re.compile(
    rb"^\[\d+\] [\d/]+ [\d:.]+ \[ERR\] \S+ - mid:\d+ - \"([A-Za-z0-9_-]{1,64})\" - "
    rb"(?!authentication error|unable to connect)(.{1,600})$"
)
_VIOLATION = re.compile(r"(Publish|Subscription) Violation - Subject \"([^\"]+)\"")
_WRONG_PASSWORD = re.compile(rb"- authentication error - User \"(thingdesk\.[a-z]+)\"$")


class ViolationLog:
    """Follows the broker's log, through its rotation, from where it stands at `begin`."""

    def __init__(self, path: Path, on_refused: Callable[[str, str], None]) -> None:
        self._path = path
        self._on_refused = on_refused
        self._file: BinaryIO | None = None
        self._rest = b""

    def begin(self) -> None:
        """Before the broker starts: what it wrote earlier has been told."""
        self._open()
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)

    async def follow(self) -> None:
        """Runs until it is cancelled."""
        try:
            while True:
                for name, reason in await asyncio.to_thread(self._news):
                    self._on_refused(name, reason)
                await asyncio.sleep(_EVERY)
        finally:
            if self._file is not None:
                self._file.close()

    def _open(self) -> None:
        # The broker's folder may belong to a less trusted account: no link is followed.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(OSError):
            self._file = os.fdopen(os.open(self._path, flags), "rb")

    def _news(self) -> dict[tuple[str, str], None]:
        """Each name and reason once, in the order of their first line."""
        text = self._read()
        if self._rotated():
            self._rest = b""
            if self._file is not None:
                self._file.close()
                self._file = None
            self._open()
            text += self._read()
        *lines, self._rest = (self._rest + text).split(b"\n")
        self._rest = self._rest[-_AT_MOST:]
        return dict.fromkeys(filter(None, map(_told, lines)))

    def _read(self) -> bytes:
        return self._file.read(_AT_MOST) if self._file is not None else b""

    def _rotated(self) -> bool:
        if self._file is None:
            return True
        try:
            return self._path.stat().st_ino != os.fstat(self._file.fileno()).st_ino
        except FileNotFoundError:
            return False


def _told(line: bytes) -> tuple[str, str] | None:
    if match := _WRONG_PASSWORD.search(line):
        return match.group(1).decode(), "the password is wrong"
    if match := _LINE.match(line):
        name, said = (part.decode(errors="replace") for part in match.groups())
        return name, _reason(said)
    return None


def _reason(said: str) -> str:
    match = _VIOLATION.match(said)
    if match is None:
        return said
    act, subject = match.groups()
    verb = "publish to" if act == "Publish" else "subscribe to"
    topic = subject.replace(".", "/").replace("*", "+").replace(">", "#")
    return f"it may not {verb} {topic}"
