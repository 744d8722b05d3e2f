"""What lies in deploy/ fits the product, and programs that read such files find nothing wrong."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.architecture.source import ROOT
from tests.desk import STOP_WITHIN
from tests.docs.pages import titled

from thingdesk.commands import main
from thingdesk.platform.settings import ROLES, Settings

DEPLOY = ROOT / "deploy"
SYSTEMD = DEPLOY / "systemd"
UNITS = sorted(one for one in SYSTEMD.iterdir() if one.suffix)
FILES = [path for path in DEPLOY.rglob("*") if path.is_file()]
HADOLINT = Path(sysconfig.get_path("scripts")) / "hadolint"
ANALYZE = shutil.which("systemd-analyze")
EXPOSURE = {"thingdesk.service": 20, "thingdesk@.service": 15, "thingdesk-backup.service": 10}
"""Tenths; systemd itself calls up to 20 safe and from 50 on medium."""


def run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False, cwd=ROOT
    )


def strange_settings(text: str) -> set[str]:
    known = {f"THINGDESK_{name.upper()}" for name in Settings.model_fields}
    return set(re.findall(r"THINGDESK_\w+", text)) - known


def test_every_setting_that_is_named_is_one() -> None:
    assert FILES
    for file in FILES:
        assert not strange_settings(file.read_text()), file
    assert strange_settings("THINGDESK_COLOUR=red THINGDESK_ROLES=web") == {"THINGDESK_COLOUR"}


def in_the_open(compose: Any) -> set[str]:
    """What a composition gives to an environment and should give as a file."""
    given = [one.get("environment", ()) for one in compose["services"].values()]
    names = {line.partition("=")[0] for one in given for line in one}
    return {one for one in names if one.endswith("PASSWORD") or one.lower() in compose["secrets"]}


def test_every_secret_is_a_setting_or_the_databases_own() -> None:
    compose = YAML(typ="safe").load((DEPLOY / "docker" / "compose.yaml").read_text())
    given = set(compose["secrets"])
    assert {f"thingdesk_{name}" for name in Settings.model_fields} >= given - {"database_password"}
    used = [set(one.get("secrets", ())) for one in compose["services"].values()]
    assert set.union(*used) == given
    assert not in_the_open(compose)
    compose["services"]["database"]["environment"]["POSTGRES_PASSWORD"] = "secret"
    compose["services"]["web"]["environment"] = ["THINGDESK_SMTP_URL=smtp://desk:secret@host"]
    assert in_the_open(compose) == {"POSTGRES_PASSWORD", "THINGDESK_SMTP_URL"}


def test_whoever_stops_a_desk_gives_it_the_time_that_it_takes() -> None:
    compose = YAML(typ="safe").load((DEPLOY / "docker" / "compose.yaml").read_text())
    for name in ("migrate", *ROLES):
        assert int(compose["services"][name]["stop_grace_period"].rstrip("s")) > STOP_WITHIN
        assert compose["services"][name]["logging"]["options"]["max-size"]
    for unit in ("thingdesk.service", "thingdesk@.service"):
        (seconds,) = re.findall(
            r"^TimeoutStopSec=(\d+)$", (SYSTEMD / unit).read_text(), re.MULTILINE
        )
        assert int(seconds) > STOP_WITHIN


def test_every_command_that_is_started_is_one() -> None:
    units = [file.read_text() for file in UNITS]
    started = re.findall(r"^ExecStart=.*/bin/thingdesk (\w+)", "\n".join(units), re.MULTILINE)
    compose = (DEPLOY / "docker" / "compose.yaml").read_text()
    commands = re.findall(r"command: \[(\w+)(?:, --roles, (\w+))?\]", compose)
    assert {role for _, role in commands if role} == set(ROLES)
    assert {*started, *(name for name, _ in commands)} <= set(main.commands)
    assert {*started} == {"up", "backup"}


def test_packs_are_sought_in_one_folder_that_no_release_has() -> None:
    folder = "/usr/local/lib/thingdesk/packs"
    wrapper, image = SYSTEMD / "thingdesk", DEPLOY / "docker" / "Dockerfile"
    for file in (SYSTEMD / "thingdesk.service", SYSTEMD / "thingdesk@.service", wrapper, image):
        assert re.findall(r"PYTHONPATH=(\S+)", file.read_text()) == [folder], file
    assert f"install -d {folder}\n" in titled("docs/how-to/deploy.md", "packs")
    compose = YAML(typ="safe").load((DEPLOY / "docker" / "compose.yaml").read_text())
    for name in ("migrate", *ROLES):
        assert compose["services"][name]["volumes"] == [f"./packs:{folder}:ro"]
        assert compose["services"][name]["environment"]["THINGDESK_PACKS"] == "${PACKS:-}"
    assert (DEPLOY / "docker" / "packs").is_dir()


def test_health_is_asked_where_it_is_answered() -> None:
    image, compose = (
        (DEPLOY / "docker" / name).read_text() for name in ("Dockerfile", "compose.yaml")
    )
    (port,) = re.findall(r"THINGDESK_OPERATIONS_PORT=(\d+)", image)
    assert f"http://127.0.0.1:{port}/health" in image
    assert f"http://127.0.0.1:{port}/ready" in compose


def test_the_broker_is_that_of_the_page() -> None:
    page = "docs/how-to/external-servers.md"
    folder = DEPLOY / "docker" / "broker"

    def said(text: str) -> list[str]:
        lines = [one for one in text.splitlines() if one and not one.startswith("#")]
        plain = [re.sub(r"/mosquitto/(config/)?", "", one) for one in lines]
        return [one.replace("listener 1883 127.0.0.1", "listener 1883") for one in plain]

    for name in ("mosquitto.conf", "machines.acl", "desk.acl"):
        assert said((folder / name).read_text()) == said(titled(page, name))


def unpinned(image: str, compose: str) -> set[str]:
    """What a rebuild could bring that nobody has chosen: a package without its hash, a base
    without a release, or one that cannot be given by its digest.
    """
    installs = set(re.findall(r"^.*pip install(?!.*--require-hashes).*$", image, re.MULTILINE))
    given = set(re.findall(r"^ARG \w+=(\S+)", image, re.MULTILINE))
    bases = {one for one in re.findall(r"^FROM (\S+)", image, re.MULTILINE) if "$" not in one}
    ours, others = "thingdesk:${", r"\$\{\w+_IMAGE:-([^}\s]+)\}"
    built_on = re.findall(rf"PYTHON_IMAGE: \"{others}\"", compose)
    used = re.findall(r"^ +image: (\S+)", compose, re.MULTILINE)
    fixed = {one for one in used if not (one.startswith(ours) or re.fullmatch(others, one))}
    loose = {one for one in (*given, *re.findall(others, compose)) if not re.search(r":\d", one)}
    return installs | bases | fixed | loose | (given ^ set(built_on))


def test_nothing_comes_into_the_image_that_is_not_pinned() -> None:
    image, compose = (
        (DEPLOY / "docker" / name).read_text() for name in ("Dockerfile", "compose.yaml")
    )
    assert not unpinned(image, compose)
    bad = "ARG PYTHON_IMAGE=python:slim\nFROM python:3.13-slim\nRUN pip install wheel\n"
    database = "    image: postgres:18\n    image: ${BROKER_IMAGE:-mosquitto}\n"
    assert unpinned(bad, database) == {
        *("python:slim", "python:3.13-slim", "RUN pip install wheel"),
        *("postgres:18", "mosquitto"),
    }


def test_what_goes_to_the_builder_is_what_the_image_copies() -> None:
    """No data, no secret, and nothing that was made here for another system."""
    image = (DEPLOY / "docker" / "Dockerfile").read_text()
    first, *rest = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    assert first == "*"
    given = {one.removeprefix("!") for one in rest if one.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(\S+) (\S+)$", image, re.MULTILINE)
    assert {source for source, _ in copied} == {target for _, target in copied} == given
    assert all((ROOT / one).exists() for one in given)
    made = {one.strip("/") for one in (ROOT / ".gitignore").read_text().splitlines() if "/" in one}
    inside = {one for one in made if one.partition("/")[0] in given} | {"web/node_modules"}
    assert inside <= set(rest), "what git ignores, the image does not have either"


@pytest.mark.skipif(not HADOLINT.exists(), reason="hadolint is not there for this system")
def test_the_image_has_no_fault_that_a_linter_finds(tmp_path: Path) -> None:
    found = run(HADOLINT, DEPLOY / "docker" / "Dockerfile")
    assert found.returncode == 0, found.stdout
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp\n")
    assert run(HADOLINT, tmp_path / "Dockerfile").returncode == 1


def test_the_composition_has_the_form_that_it_must_have(tmp_path: Path) -> None:
    check = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec")
    compose = DEPLOY / "docker" / "compose.yaml"
    found = run(*check, compose)
    assert found.returncode == 0, found.stdout
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(compose.read_text().replace("healthcheck:", "health:"))
    assert run(*check, wrong).returncode == 1


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, as if the desk were installed where they say."""
    assert ANALYZE
    for unit in UNITS:
        text = re.sub(r"(?m)^(EnvironmentFile|Documentation)=.*\n", "", unit.read_text())
        text = text.replace("/opt/thingdesk/.venv/bin/thingdesk", sys.executable)
        (tmp_path / unit.name).write_text(text)
    return tmp_path


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed")
def test_systemd_understands_the_units(units: Path) -> None:
    names = ("thingdesk.service", "thingdesk@web.service", "thingdesk-backup.timer")
    found = run(ANALYZE, "verify", "--man=no", *(units / name for name in names))
    assert (found.returncode, found.stderr) == (0, "")
    wrong = units / "thingdesk.service"
    wrong.write_text(wrong.read_text().replace("WatchdogSec=20", "WatchdogSec=often"))
    assert "often" in run(ANALYZE, "verify", "--man=no", wrong).stderr


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", EXPOSURE)
def test_the_units_are_shut_in(units: Path, name: str) -> None:
    limit = f"--threshold={EXPOSURE[name]}"
    found = run(ANALYZE, "security", "--offline=yes", limit, units / name)
    assert found.returncode == 0, found.stdout[-300:]
    open_unit = units / name
    open_unit.write_text("[Service]\nExecStart=/bin/true\n")
    assert run(ANALYZE, "security", "--offline=yes", limit, open_unit).returncode
