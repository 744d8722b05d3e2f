"""The oldest PostgreSQL that is promised has all that stages ask of it: tests of theirs, on it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.architecture.source import ROOT
from tests.docs.pages import pages, titled
from tests.waiting import until

from thingdesk.platform.embedded.account import account_for
from thingdesk.platform.embedded.supervise import launcher

PAGE = "docs/how-to/external-servers.md"
(LEAST,) = re.findall(r"give it a PostgreSQL \((\d+) or later\)", pages()[PAGE])
PROGRAMS = Path("/usr/lib/postgresql", LEAST, "bin")
STAGES = ("cases", "signals", "journeys/test_together.py")
QUICK = "fsync = off\nmax_connections = 200\nautovacuum = off\nlisten_addresses = ''\n"
pytestmark = [
    pytest.mark.skipif(not PROGRAMS.exists(), reason=f"PostgreSQL {LEAST} is not installed"),
    pytest.mark.timeout(300),
]


def begin(folder: Path, program: str, *words: object) -> subprocess.Popen[bytes]:
    """It never runs as root, and dies with us."""
    command = [str(one) for one in (PROGRAMS / program, *words)]
    begun = launcher(command, folder, account_for(folder / "data"), signal.SIGINT)
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(begun, stdout=log, stderr=log)


@pytest.fixture
async def least() -> AsyncIterator[str]:
    """The URL of one with the settings that our page advises, for an account that is no
    superuser.
    """
    with TemporaryDirectory(prefix="thingdesk-tests-") as made:
        folder, data, log = (Path(made, name) for name in ("", "data", "log"))
        if account := account_for(data):
            os.chown(folder, *account.ids)
        initialise = ("-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        assert begin(folder, "initdb", *initialise).wait() == 0, log.read_text()
        place = f"unix_socket_directories = '{folder}'\n"
        (data / "postgresql.auto.conf").write_text(
            "\n".join((titled(PAGE, "postgresql.conf"), QUICK, place))
        )
        server = begin(folder, "postgres", "-D", data)

        async def serves() -> bool:
            assert server.poll() is None, log.read_text()
            return "ready to accept connections" in log.read_text()

        try:
            await until(serves)
            new = ("-h", folder, "-U", "postgres", "--createdb", "desk")
            assert begin(folder, "createuser", *new).wait() == 0, log.read_text()
            yield f"postgresql://desk@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


def test_stages_do_on_it_what_they_do_on_ours(least: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"tests/{one}" for one in STAGES)],
        env={**os.environ, "THINGDESK_TEST_DATABASE_URL": least},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout
