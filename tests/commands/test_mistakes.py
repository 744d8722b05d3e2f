"""What an operator gets wrong is said in a line, and no database is made where none was meant."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests import databases
from tests.commands.command_line import thingdesk
from tests.ports import free_port


@pytest.fixture
async def empty_url(postgres: str) -> AsyncIterator[str]:
    async with databases.empty(postgres) as url:
        yield url


@pytest.mark.parametrize("words", [("staff", "a@example.org"), ("retry", "--all"), ("backup", "x")])
def test_where_no_desk_is_nothing_is_made(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = thingdesk(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr == (
        f"Error: There is no desk in {tmp_path}/var. Run this in the folder of your desk, or set"
        " THINGDESK_DATA_DIR; `thingdesk up` makes one.\n"
    )
    assert not list(tmp_path.iterdir())


def test_the_doctor_finds_none_and_makes_none(tmp_path: Path) -> None:
    done = thingdesk(tmp_path, "doctor")
    assert done.returncode == 1
    assert f"BAD  PostgreSQL: There is no desk in {tmp_path}/var.\n      Run this" in done.stdout
    assert not done.stderr.strip()
    assert not list(tmp_path.iterdir())


def test_the_doctor_says_what_an_empty_database_lacks(tmp_path: Path, empty_url: str) -> None:
    done = thingdesk(tmp_path, "doctor", DATABASE_URL=empty_url)
    assert done.returncode == 1
    assert "of its migrations are missing, the first one is thingdesk." in done.stdout
    assert "0001_words.sql\n      Run `thingdesk migrate`." in done.stdout
    assert "Traceback" not in done.stderr


LOOKS = (
    ("backup", "x"),
    ("checkpoint",),
    ("doctor",),
    ("retry", "--all"),
    ("staff", "a@b.example"),
)


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: str(words[0]))
def test_a_folder_that_cannot_be_looked_at_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = thingdesk(tmp_path, *words, DATA_DIR="x" * 300)
    assert done.returncode == 1
    *_, said = done.stderr.splitlines()
    assert said.startswith("Error: [Errno 36] File name too long: ")
    assert "Traceback" not in done.stderr


def test_a_kept_checkpoint_that_is_no_text_is_no_failure_of_the_doctor(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"\xff")
    done = thingdesk(tmp_path, "doctor", "--checkpoint", "kept")
    assert "There is no desk in" in done.stdout
    assert not done.stderr.strip()


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "thingdesk_contact").write_bytes(b"\xff")
    done = thingdesk(tmp_path, "checkpoint", secrets=str(tmp_path))
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith("Error: Settings cannot be read from a file: error getting value for")
    assert "contact" in said


def test_roles_that_are_none_stop_the_desk(tmp_path: Path) -> None:
    done = thingdesk(tmp_path, "up", "--roles", "wrk", HTTP_PORT="1x", PACK="a")
    assert done.returncode == 1
    warned, port, roles = done.stderr.splitlines()
    assert warned == "THINGDESK_PACK is no setting: did you mean THINGDESK_PACKS?"
    assert port.startswith("Error: THINGDESK_HTTP_PORT is '1x': Input should be a valid integer")
    assert roles.startswith("THINGDESK_ROLES is 'wrk': Input should be 'web', 'ingest' or 'work'")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "or_else"),
    [
        ("HTTP_PORT", ""),
        ("OPERATIONS_PORT", ""),
        ("MQTT_PORT", ", or THINGDESK_BROKER_URL to the broker that is there"),
    ],
)
def test_a_port_that_is_taken_is_named_with_its_setting(
    tmp_path: Path, database_url: str, name: str, or_else: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ports = {"HTTP_PORT": "0", "MQTT_PORT": "0", name: str(port)}
        done = thingdesk(tmp_path, "up", DATABASE_URL=database_url, **ports)
    assert done.returncode == 1
    _, said = done.stderr.splitlines()
    taken = f"Error: Port {port} of 127.0.0.1 is taken by another program."
    assert said == f"{taken} Set THINGDESK_{name} to another one (0 picks a free one){or_else}."


def test_who_writes_says_where(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "fleet.csv").write_text("id,kind\npress-7,press\n")
    done = thingdesk(tmp_path, "machines", "fleet.csv", DATABASE_URL=database_url)
    assert done.returncode == 0
    assert "(THINGDESK_DATABASE_URL)\n" in done.stderr.splitlines(keepends=True)[0]
    assert done.stdout == "1 new, 0 changed, 0 as they were, 0 bad\n"


def test_help_names_the_command(tmp_path: Path) -> None:
    assert thingdesk(tmp_path, "--help").stdout.startswith("Usage: thingdesk [OPTIONS]")


def test_a_setting_may_be_a_file_that_only_the_desk_reads(tmp_path: Path, empty_url: str) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "thingdesk_database_url").write_text(f"{empty_url}\n")
    (secrets / "thingdesk_smtp_ulr").write_text("smtp://mail.example")
    done = thingdesk(tmp_path, "doctor", secrets=str(secrets))
    assert "of its migrations are missing" in done.stdout
    assert "THINGDESK_SMTP_ULR is no setting: did you mean THINGDESK_SMTP_URL?" in done.stderr
    done = thingdesk(
        tmp_path, "doctor", secrets=str(secrets), DATABASE_URL="postgresql://a@127.0.0.1:1/b"
    )
    assert "of its migrations are missing" not in done.stdout, "what is set comes first"


def test_a_broker_that_is_not_there_is_said_in_a_line(tmp_path: Path, database_url: str) -> None:
    port = free_port()
    away = {"DATABASE_URL": database_url, "BROKER_URL": f"mqtt://127.0.0.1:{port}"}
    done = thingdesk(tmp_path, "up", HTTP_PORT="0", **away)
    assert done.returncode == 1
    assert f"Error: the broker at 127.0.0.1:{port} cannot be used: " in done.stderr
    assert "Traceback" not in done.stderr
