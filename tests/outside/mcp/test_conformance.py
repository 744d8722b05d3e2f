"""The protocol's own suite, against a real desk: both revisions, and the tasks extension."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.desk import running
from tests.outside.mcp.bearer import with_bearer
from tests.outside.node import MODULES, try_node
from tests.parties.making import Signing, an_owner, signing

from thingdesk import parties
from thingdesk.platform.database import Database

SUITE = "@modelcontextprotocol/conformance/dist/index.js"
REQUIRED = {"2025-11-25": 30, "2026-07-28": 37}
TASKS = (
    "tasks-lifecycle",
    "tasks-capability-negotiation",
    "tasks-wire-fields",
    "tasks-request-state-removal",
    "tasks-mrtr-input",
    "tasks-request-headers",
    "tasks-dispatch-and-envelope",
    "tasks-required-task-error",
    "tasks-mrtr-composition",
)
FIXTURES = "tests.outside.mcp.fixtures"
_LINE = re.compile(r"^[✓✗] ([a-z0-9-]+): (\d+) passed, (\d+) failed", re.MULTILINE)


@pytest.fixture(scope="module")
async def url(
    node: None,  # noqa: ARG001 - without it there is nothing to run
    tmp_path_factory: pytest.TempPathFactory,
    database: Database,
    database_url: str,
) -> AsyncIterator[str]:
    """The end point of a desk with the suite's fixtures, with a token of a machine."""
    who = await a_machine(database)
    folder = tmp_path_factory.mktemp("conformance") / "desk"
    given = {"database_url": database_url, "packs": f"{FIXTURES}.pack", "open_cases": 500}
    async with (
        running(folder, options=("--conformance-fixtures", FIXTURES), **given) as desk,
        with_bearer(desk.http, who.token) as proxied,
    ):
        yield f"{proxied}/mcp"
        assert "Traceback" not in desk.log(), desk.log()


async def a_machine(database: Database) -> Signing:
    made = signing()
    async with database.transaction() as tx:
        new = parties.NewMachine(made.machine, "press", "P7", key=made.x, owner=an_owner())
        await parties.register(tx, [new])
    return made


@pytest.mark.parametrize("revision", REQUIRED)
async def test_each_required_scenario_of_a_revision_passes(
    url: str, revision: str, tmp_path: Path
) -> None:
    code, said = await try_node(
        SUITE, "server", "--url", url, "--requirements", revision, "-o", str(tmp_path)
    )
    passed = {name for name, _, failed in _LINE.findall(said) if failed == "0"}
    missing = required(revision) - passed
    assert not missing, (missing, failed_in(tmp_path))
    assert code == 0, said[-2000:]
    assert len(required(revision)) == REQUIRED[revision]


@pytest.mark.parametrize("scenario", TASKS)
async def test_each_scenario_of_tasks_passes(url: str, scenario: str, tmp_path: Path) -> None:
    code, said = await try_node(
        SUITE, "server", "--url", url, "--scenario", scenario, "-o", str(tmp_path)
    )
    assert not failed_in(tmp_path)
    assert code == 0, said[-2000:]


def failed_in(folder: Path) -> list[str]:
    """The checks of the scenarios there that did not succeed, and why."""
    found = [json.loads(told.read_text()) for told in sorted(folder.rglob("checks.json"))]
    assert found
    assert all(found)
    return [
        f"{one['id']}: {one.get('errorMessage')}"
        for checks in found
        for one in checks
        if one["status"] not in {"SUCCESS", "INFO"}
    ]


def required(revision: str) -> set[str]:
    """The scenarios that the suite itself says a server has to pass."""
    text = (MODULES / SUITE).parents[1].joinpath(f"requirements/{revision}.yaml").read_text()
    listed = text.split("\nserver:\n")[1].split("\nclient:\n")[0]
    return {line.strip().removeprefix("- ") for line in listed.splitlines() if "- " in line}
