"""A backup's file: an ordinary tar of few members, the last of which has the others' checksums.

It is written in one go, the size of a member being known only when it has ended; and it is read
once from end to end before anything in it is believed.
"""

import hashlib
import os
import tarfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, cast

from thingdesk.platform.embedded.errors import EmbeddedError

SUMS = "SHA256SUMS"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1024 * 1024
_MOST_SUMS = 64 * 1024

Read = Callable[[int], None]
"""Hears how many bytes were read since it was last called."""


class Writer:
    """Writes a bundle to a new file, for its own account alone."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(descriptor, "w+b")
        self._sums: list[str] = []

    async def add(self, name: str, content: AsyncIterator[bytes]) -> None:
        begin = self._file.tell()
        self._file.write(bytes(_BLOCK))  # the header, once the size is known
        digest, size = hashlib.sha256(), 0
        async for chunk in content:
            digest.update(chunk)
            self._file.write(chunk)
            size += len(chunk)
        self._pad(size)
        end = self._file.tell()
        self._file.seek(begin)
        self._file.write(_header(name, size))
        self._file.seek(end)
        self._sums.append(f"{digest.hexdigest()}  {name}\n")

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self._file.write(_header(name, len(content)) + content)
        self._pad(len(content))
        self._sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")

    def end(self) -> None:
        """Complete, and on the disk."""
        self.add_text(SUMS, "".join(self._sums))
        self._file.write(bytes(2 * _BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _pad(self, size: int) -> None:
        self._file.write(bytes(-size % _BLOCK))


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def verify(path: Path, read: Read) -> dict[str, int]:
    """Read all of it, and compare the checksums: the members and their sizes. Raises EmbeddedError
    when it is damaged, incomplete or something else.
    """
    try:
        with tarfile.open(path, "r:") as bundle:
            found = {one.name: one for one in bundle.getmembers()}
            sums = _sums(bundle, found)
            for name, expected in sums.items():
                if name not in found or _digest(_member(bundle, name), read) != expected:
                    raise EmbeddedError(
                        f"{path} is damaged: {name} is not what was written.",
                        "Take another backup's file; nothing was changed.",
                    )
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise EmbeddedError(
            f"{path} is no complete backup of a desk.",
            "Give the file that `thingdesk backup` has made; nothing was changed.",
        ) from error
    return {name: found[name].size for name in sums}


def _sums(bundle: tarfile.TarFile, found: dict[str, tarfile.TarInfo]) -> dict[str, str]:
    if SUMS not in found or set(found) < {SUMS}:
        raise KeyError(SUMS)
    if found[SUMS].size > _MOST_SUMS:
        raise ValueError("more sums than a backup has members")
    lines = _member(bundle, SUMS).read().decode().splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    if set(sums) != set(found) - {SUMS}:
        raise ValueError("other members than those that were written")
    return sums


def _digest(file: BinaryIO, read: Read) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        read(len(chunk))
    return digest.hexdigest()


def _member(bundle: tarfile.TarFile, name: str) -> BinaryIO:
    file = bundle.extractfile(name)
    if file is None:
        raise KeyError(name)
    return cast("BinaryIO", file)


def text(path: Path, name: str) -> str:
    """A small member. Raises KeyError when there is none."""
    with tarfile.open(path, "r:") as bundle:
        return _member(bundle, name).read().decode()


class Opened:
    """A large member, to be read while the block lasts."""

    def __init__(self, path: Path, name: str) -> None:
        self._bundle = tarfile.open(path, "r:")  # noqa: SIM115 - closed in __exit__
        self._name = name

    def __enter__(self) -> BinaryIO:
        return _member(self._bundle, self._name)

    def __exit__(self, *_: object) -> None:
        self._bundle.close()
