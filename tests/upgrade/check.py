"""Whether the working tree can follow another release.

FROM is checked out beside the working tree, and a PostgreSQL of the check's own goes the way that
docs/how-to/upgrade.md says: FROM's schema, then the phase pre of the working tree. On that FROM's
own tests of the stages have to pass, and a desk of FROM's code begins journeys. It is stopped, and
one of the working tree's code takes over its database and data folder: everything has to come to
the outcome that it would have had. Then comes the phase post, under the desk that runs.
"""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import databases
from tests.desk import DeskProcess, running
from tests.upgrade.begun import NEW_PACKS, OLD_PACKS, Begun, write_packs

from thingdesk.platform.embedded import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
STAGES = (
    "tests/platform/durable",
    "tests/timeline",
    "tests/parties",
    "tests/mandates",
    "tests/signals",
    "tests/diagnosis",
    "tests/cases",
    "tests/notices",
    "tests/decisions",
    "tests/fulfilment",
)
"""FROM's tests that ask the schema alone, each in a copy of the migrated database."""
_TEMPLATE = "upgraded"
_LAST = 30
Show = Callable[[str], None]


class UpgradeFailed(Exception):
    """Another release cannot follow, and why."""


@dataclass(frozen=True)
class Release:
    """A checkout whose code is run as it is. `packs` is a folder of modules beside it."""

    tree: Path
    packs: Path

    @property
    def path(self) -> tuple[Path, ...]:
        return (self.tree / "src", self.tree, self.packs)

    def run(self, what: str, *words: str, **environment: str) -> str:
        """Python with this code; what it wrote. Raises UpgradeFailed."""
        clean = {name: value for name, value in os.environ.items() if "THINGDESK" not in name}
        path = os.pathsep.join(map(str, self.path))
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.tree,
            env={**clean, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            last = "\n".join(done.stdout.splitlines()[-_LAST:])
            raise UpgradeFailed(f"{what}:\n{last}")
        return done.stdout

    def migrate(self, what: str, url: str, *phase: str) -> None:
        self.run(what, "-m", "thingdesk", "migrate", *phase, THINGDESK_DATABASE_URL=url)

    def is_itself(self) -> None:
        """That the code which runs is that of this checkout and not what is installed."""
        print_it = "import thingdesk; print(thingdesk.__file__)"
        found = Path(self.run("the code cannot be imported", "-c", print_it).strip())
        if not found.is_relative_to(self.tree):
            raise UpgradeFailed(f"not {self.tree} would be run, but {found}")

    def test(self, server: str, tests: Sequence[str]) -> str:
        """Run its own tests on copies of the migrated database; their last line."""
        there = [one for one in tests if (self.tree / one.partition("::")[0]).exists()]
        said = self.run(
            "tests of the release before fail on the new schema",
            *("-m", "pytest", "-p", "no:cacheprovider", *there),
            THINGDESK_TEST_DATABASE_URL=server,
            THINGDESK_TEST_TEMPLATE=_TEMPLATE,
        )
        return said.strip().splitlines()[-1]


@contextmanager
def checked_out(name: str, folder: Path) -> Iterator[Path]:
    """The commit `name` of this project in `folder`, as a worktree for as long as the block lasts.
    HEAD is there in a shallow clone, too.
    """
    git = ("git", "-C", str(ROOT), "worktree")
    done = subprocess.run(
        [*git, "add", "--detach", "--force", str(folder), name],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UpgradeFailed(f"{name} cannot be checked out:\n{done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=False, capture_output=True)


async def check(
    old: Path, new: Path, folder: Path, tests: Sequence[str] = STAGES, show: Show = print
) -> None:
    """Follow the release in `old` by the one in `new`; raises UpgradeFailed."""
    before, after = Release(old, folder / "old packs"), Release(new, folder / "new packs")
    write_packs(before.packs, after.packs)
    for one in (before, after):
        one.is_itself()
    if "THINGDESK_TEST_TEMPLATE" not in (old / "tests/databases.py").read_text(encoding="utf-8"):
        raise UpgradeFailed("its tests cannot be run on a schema that is given: it is too old")
    async with EmbeddedPostgres(folder / "server", settings=databases.FAST) as server:
        url = databases.named(server.url, _TEMPLATE)
        await databases.command(server.url, f"create database {_TEMPLATE}")
        before.migrate("the release before cannot make its schema", url)
        after.migrate("the phase pre fails", url, "--phase", "pre")
        show("the schema is that of the release before, and the new one's phase pre")
        async with databases.copy(server.url, _TEMPLATE) as desk:
            show(f"tests of the release before: {before.test(server.url, tests)}")
            await _follow(before, after, folder / "desk", desk, show)


async def _follow(before: Release, after: Release, folder: Path, url: str, show: Show) -> None:
    what = "a desk of the release before fails on the new schema"
    async with _desk(what, before, folder, database_url=url, packs=OLD_PACKS) as desk:
        begun = await Begun.begin(url, desk)
    show(f"the release before has begun {len(begun)} journeys, and is stopped")
    what = "the new release does not go on"
    async with _desk(what, after, folder, database_url=url, packs=NEW_PACKS) as desk:
        await begun.finish(url, desk)
        show("the new one has brought them to their outcomes; receipts hold")
        after.migrate("the phase post fails", url, "--phase", "post")
        await begun.another(url, desk)
        code, words = await desk.command("doctor")
        if code or "migrations" in words:
            raise UpgradeFailed(f"the doctor says:\n{words}")
    show("the phase post is done under it, and the doctor finds all well")


@asynccontextmanager
async def _desk(
    what: str, release: Release, folder: Path, **settings: str
) -> AsyncIterator[DeskProcess]:
    """A desk of this release's code; whatever it does not do is said as `what`."""
    try:
        async with running(folder, path=release.path, **settings) as desk:
            yield desk
    except (AssertionError, TimeoutError) as error:
        raise UpgradeFailed(f"{what}: {error}") from error
