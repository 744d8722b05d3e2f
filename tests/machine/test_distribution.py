"""The library goes into a product alone: its own distribution, with three requirements."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import thingdesk
import thingdesk_machine

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/write-a-machine.md").read_text(encoding="utf-8")
BUILD = re.findall(r'```sh title="build"\n(.*?)```', PAGE, re.DOTALL)
USE = """
import importlib.util, sys
from thingdesk_machine import Identity, Ledger, Machine
assert importlib.util.find_spec("thingdesk") is None
assert sys.prefix in sys.modules["thingdesk_machine"].__file__
car, keys = Identity.create("car-1"), [Identity.create("desk").public_jwk]
for desk in ("mqtt://desk.example", "https://desk.example"):
    Machine(identity=car, desk=desk, queue="car-1.queue", desk_keys=keys)
print("ready")
"""


def run(*command: str, folder: Path) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "THINGDESK"))}
    # nothing is fetched: what builds it is what is installed here
    environment |= {"PIP_NO_BUILD_ISOLATION": "false", "PIP_NO_INDEX": "1"}
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def needed(names: set[str]) -> Iterator[Distribution]:
    """The distributions of these names and all that they need in turn, as installed here."""
    found: set[str] = set()
    while names - found:
        name = (names - found).pop()
        found.add(name)
        one = distribution(name)
        wanted = [Requirement(text) for text in one.requires or ()]
        names |= {r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})}
        yield one


@pytest.mark.timeout(300)
def test_the_wheel_works_where_only_its_requirements_are(tmp_path: Path) -> None:
    product = tmp_path / "product"
    shutil.copytree(ROOT / "machine", tmp_path / "machine")
    shutil.copytree(ROOT / "src/thingdesk_machine", tmp_path / "src/thingdesk_machine")
    (build,) = BUILD
    run(sys.executable, "-m", *build.split(), folder=tmp_path)
    (wheel,) = tmp_path.glob("thingdesk_machine-*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", str(product), folder=tmp_path)
    python = str(product / "bin/python")
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", str(wheel), folder=tmp_path)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(product)}))
    (metadata,) = site.glob("thingdesk_machine-*.dist-info")
    wants = {Requirement(one).name for one in Distribution.at(metadata).requires or ()}
    assert wants == {"gmqtt", "httpx", "joserfc"}
    for one in needed(wants):
        for file in one.files or ():
            if file.parts[0] != "..":
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), site / file)
    assert run(python, "-c", USE, folder=tmp_path) == "ready\n"
    assert not list((site / "thingdesk_machine").rglob("test*"))
    assert (site / "thingdesk_machine/py.typed").exists()


def test_desk_and_library_are_of_one_release() -> None:
    assert thingdesk_machine.__version__ == thingdesk.__version__
