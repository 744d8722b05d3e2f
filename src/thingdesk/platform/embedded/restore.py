"""A desk's data folder from the file of its backup, verified before anything is changed."""

import json
import os
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thingdesk.platform import clock, private
from thingdesk.platform.embedded import bundle, cluster, manifest
from thingdesk.platform.embedded.account import Account, account_for
from thingdesk.platform.embedded.backup import DATA, FACTS, FORMAT, PASSWORDS, Progress
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.files import FolderLock, make_private
from thingdesk.platform.embedded.programs import postgres_programs

_KEPT = ("postgres", *PASSWORDS)
_BEGUN = "postgres.restoring"
_OURS = (_BEGUN, "postgres.lock")
_MOST_TEXT = 64 * 1024


def restore(path: Path, data_dir: Path, progress: Progress, *, replace: bool) -> list[Path]:
    """Put the backup into `data_dir`, whose desk must not run. With `replace`, what is there of the
    database is put aside; where it is comes back. Raises EmbeddedError, and nothing is changed.
    """
    facts = _verified(path, progress)
    home = data_dir.absolute()
    make_private(home)
    lock = FolderLock(home / "postgres.lock", "the embedded PostgreSQL")
    lock.take()
    try:
        if not replace:
            _refuse_content(home)
        _refuse_version(facts)
        account = account_for(home / "postgres")
        with _beginning(home / _BEGUN) as new:
            _extract(path, new, progress)
            _prove(new)
            _give(new, account)
            return _put(path, home, new)
    finally:
        lock.release()


@contextmanager
def _beginning(new: Path) -> Iterator[Path]:
    """A folder that is gone again unless all goes well. What is wrong with its content, it says."""
    shutil.rmtree(new, ignore_errors=True)
    try:
        yield new
    except (tarfile.TarError, EOFError, zlib.error, ValueError, KeyError) as error:
        raise EmbeddedError(
            f"The backup cannot be restored: {error}.", "Take another one; nothing was changed."
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _verified(path: Path, progress: Progress) -> dict[str, object]:
    done, size = 0, path.stat().st_size

    def read(more: int) -> None:
        nonlocal done
        done += more
        progress("verify", done, size)

    members = bundle.verify(path, read)
    if not {DATA, FACTS, PASSWORDS[0]} <= set(members):
        raise EmbeddedError(f"{path} is no backup of a desk.", "Give another file.")
    if max(members[FACTS], *(members.get(one, 0) for one in PASSWORDS)) > _MOST_TEXT:
        raise EmbeddedError(f"{path} is no backup of a desk.", "Give another file.")
    facts = _facts(path)
    if facts.get("format") != FORMAT:
        raise EmbeddedError(
            f"{path} was made by {facts.get('made_by')}, in a form unknown to this release.",
            "Restore it with the release that made it, then upgrade.",
        )
    return facts


def _facts(path: Path) -> dict[str, object]:
    try:
        facts = json.loads(bundle.text(path, FACTS))
    except ValueError:
        facts = None
    if not isinstance(facts, dict):
        raise EmbeddedError(f"{path} is no backup of a desk.", "Give another file.")
    return facts


def _refuse_content(home: Path) -> None:
    found = sorted(one.name for one in home.iterdir() if one.name not in _OURS)
    if found:
        raise EmbeddedError(
            f"{home} is not empty: it has {', '.join(found[:5])}.",
            "Give an empty data folder (THINGDESK_DATA_DIR), or --replace, which puts the "
            "database that is there aside.",
        )


def _refuse_version(facts: dict[str, object]) -> None:
    brings = cluster.version(postgres_programs().program)
    if str(facts.get("postgres")) != brings:
        raise EmbeddedError(
            f"The backup is of PostgreSQL {facts.get('postgres')}, this desk brings {brings}.",
            "Restore it with a desk that brings the same, and move it by pg_dump.",
        )


def _extract(path: Path, new: Path, progress: Progress) -> None:
    new.mkdir(mode=0o700)
    with bundle.Opened(path, DATA) as packed:
        size = path.stat().st_size
        with tarfile.open(fileobj=packed, mode="r|gz") as content:
            for member in content:
                content.extract(member, new, filter=_private)
                progress("restore", packed.tell(), size)


def _private(member: tarfile.TarInfo, folder: str) -> tarfile.TarInfo:
    # PostgreSQL's own has no links; one that leads out of the folder passes the filter of some
    # releases of Python (CVE-2025-4517)
    if not (member.isreg() or member.isdir()) or member.issparse():
        raise tarfile.TarError(f"{member.name!r} is neither a file nor a folder")
    safe = tarfile.data_filter(member, folder)
    return safe.replace(mode=0o700 if member.isdir() else 0o600, deep=False)


def _prove(new: Path) -> None:
    """Every file is what the server sent."""
    found = manifest.differences(new)
    if found:
        raise EmbeddedError(
            f"The backup does not prove whole: {found[0]}.",
            "Take another one; nothing was changed.",
        )


def _give(new: Path, account: Account | None) -> None:
    if account is None:
        return
    for path in (new, *new.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _put(path: Path, home: Path, new: Path) -> list[Path]:
    """The new database in its place, and what was there beside it."""
    stamp = f"{clock.now():%Y%m%dT%H%M%SZ}"
    aside = []
    for name in _KEPT:
        if (home / name).exists():
            before = home / f"{name}.before-{stamp}"
            (home / name).rename(before)
            aside.append(before)
    for name in PASSWORDS:
        try:
            private.write(home / name, bundle.text(path, name).encode())
        except KeyError:
            continue  # a desk with another broker has none
    os.sync()
    new.rename(home / "postgres")
    return aside
