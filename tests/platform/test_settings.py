"""A setting that does not fit is said with its name and what it may be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from pydantic import ValidationError

from thingdesk.commands.common import settings_of
from thingdesk.platform.settings import Settings, misspelt, problems, secrets

WRONG = {
    "HTTP_PORT": ("1x", "is '1x': Input should be a valid integer"),
    "MQTT_PORT": ("70000", "is '70000': Input should be less than or equal to 65535 (Its port, up"),
    "ROLES": ("web,wrk", "is 'wrk': Input should be 'web', 'ingest' or 'work'"),
    "ZONE": ("Berlin", "is 'Berlin': 'Berlin' is no time zone: give an IANA name such as"),
    "LEASE": ("0", "is '0': Input should be greater than 0"),
    "LOG": ("loud", "is 'loud': Input should be 'auto', 'json' or 'plain'"),
    "LOG_LEVEL": ("loud", "is 'LOUD': Input should be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    "CURRENCY": ("euro", "is 'euro': String should match pattern '^[A-Z]{3}$' (The currency"),
    "WEBHOOK_NETWORKS": ("127.0.0.1/8", "is '127.0.0.1/8': Input is not a valid IPv4 network"),
    "TROUBLE_CODES": ("nowhere.csv", "is 'nowhere.csv': Path does not point to a file"),
    "MAIL_FROM": ("the desk", "is 'the desk': is no e-mail address: one address"),
    "DATABASE_URL": ("mysql://a:secret@b/c", ": it is no address that begins with postgresql://"),
    "BROKER_URL": ("broker:secret@host", ": it is no address that begins with mqtt:// or mqtts://"),
    "SMTP_URL": ("smtp://a:secret@b:99999", ": it is no address that begins with smtp://"),
    "PUBLIC_URL": ("desk.example", ": it is no address that begins with http:// or https://"),
}


@pytest.mark.parametrize(("name", "given", "said"), [(k, *v) for k, v in WRONG.items()])
def test_what_does_not_fit_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str, said: str
) -> None:
    monkeypatch.setenv(f"THINGDESK_{name}", given)
    with pytest.raises(ValidationError) as caught:
        Settings()
    (line,) = problems(caught.value)
    assert line.startswith(f"THINGDESK_{name}{'' if said[0] == ':' else ' '}{said}")
    assert "secret" not in line
    assert "\n" not in line


def test_all_that_do_not_fit_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINGDESK_HTTP_PORT", "x")
    monkeypatch.setenv("THINGDESK_ROLES", "")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert [one.split(" is ")[0] for one in problems(caught.value)] == [
        "THINGDESK_HTTP_PORT",
        "THINGDESK_ROLES",
    ]


def test_what_fits_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql:///desk?host=/tmp"
    for name, given in {"DATABASE_URL": url, "LOG_LEVEL": "debug", "ROLES": "web, work"}.items():
        monkeypatch.setenv(f"THINGDESK_{name}", given)
    settings = Settings()
    assert (settings.database_url, settings.log_level) == (url, "DEBUG")
    assert settings.roles == ("web", "work")


def test_a_name_that_is_nearly_one_is_said() -> None:
    given = ["PATH", "THINGDESK_PACK", "THINGDESK_PACKS", "THINGDESK_OF_ANOTHER_PROGRAM"]
    assert misspelt(given) == ["THINGDESK_PACK is no setting: did you mean THINGDESK_PACKS?"]


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root is kept out of no folder."""
    before = os.geteuid()
    if not before:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_of_another_software_is_left_alone(tmp_path: Path) -> None:
    assert secrets(tmp_path) == tmp_path
    tmp_path.chmod(0)
    with as_nobody():
        assert secrets(tmp_path) is None


def test_a_file_of_ones_own_that_cannot_be_read_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    tmp_path.chmod(0)
    with as_nobody(), pytest.raises(click.ClickException, match=f"Permission.*{tmp_path}"):
        settings_of()


def test_what_is_no_file_is_not_taken_for_unset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "url"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(inside))
    url = inside / "thingdesk_database_url"
    url.mkdir(parents=True)
    with pytest.raises(click.ClickException, match="database_url is no file"):
        settings_of()
    url.rmdir()
    outside.write_text("postgresql://desk@database.example/desk")
    url.symlink_to(outside)
    with pytest.raises(click.ClickException, match="database_url is no file"):
        settings_of()
    url.unlink()
    (inside / "of_another_software").mkdir()
    assert settings_of().database_url is None


def test_a_mail_server_that_is_empty_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "thingdesk_smtp_url").write_text("\n")
    assert settings_of().smtp_url is None
    (tmp_path / "thingdesk_database_url").write_text("\n")
    with pytest.raises(click.ClickException, match="no address"):
        settings_of()
