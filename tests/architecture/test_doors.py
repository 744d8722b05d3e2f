"""A stage is entered by its front door: others import the package's public names, or the nouns in
`model`, `events` and `errors`. The effects of `fulfilment` are for `journeys` alone, so that
nothing bypasses the mandate, and a machine changes hands by `flow` alone.
"""

import ast
from collections.abc import Mapping

import pytest
from tests.architecture.source import Source, sources
from tests.architecture.test_store import stage

STAGES = {
    f"thingdesk.{name}"
    for name in (
        "timeline", "parties", "catalog", "mandates", "signals", "diagnosis", "cases", "notices",
        "hooks", "decisions", "fulfilment", "journeys", "access",
    )
}  # fmt: skip
NOUNS = {"model", "events", "errors"}
TRANSFER = "parties.transfer"
MAY_TRANSFER = "thingdesk.flow"
EFFECTS = "thingdesk.fulfilment.effects"
MAY_HAVE_EFFECTS = "thingdesk.journeys"


def side_doors(source: Source, packages: Mapping[str, set[str]]) -> list[str]:
    """The imports of what another stage keeps to itself; `packages` have their public names."""
    found = []
    for module, name, line in _imports(source):
        if stage(module) not in STAGES or source.is_in(stage(module)):
            continue
        full = f"{module}.{name}" if name else module
        if full.startswith(EFFECTS) or module.startswith(EFFECTS):
            if not source.is_in(MAY_HAVE_EFFECTS):
                found.append(f"{source.path}:{line}: {EFFECTS} is for {MAY_HAVE_EFFECTS} alone")
        elif not _is_public(module, name, packages):
            found.append(f"{source.path}:{line}: {full} is no public name of {stage(module)}")
    return found


def transfers(source: Source) -> list[str]:
    """Where a machine changes hands without what `flow` ends with the former owner."""
    if source.is_in(MAY_TRANSFER) or source.is_in("thingdesk.parties"):
        return []
    called = [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == TRANSFER
    ]
    named = [
        line
        for module, name, line in _imports(source)
        if (module, name) == ("thingdesk.parties", "transfer")
    ]
    return [f"{source.path}:{line}: {TRANSFER} is for flow alone" for line in called + named]


def _is_public(module: str, name: str | None, packages: Mapping[str, set[str]]) -> bool:
    if module == stage(module):
        return name is None or name in NOUNS or name in packages.get(module, set())
    return module.rpartition(".")[2] in NOUNS


def _imports(source: Source) -> list[tuple[str, str | None, int]]:
    found: list[tuple[str, str | None, int]] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            found += [(one.name, None, node.lineno) for one in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.module, one.name, node.lineno) for one in node.names]
    return found


def public_names(package: Source) -> set[str]:
    """What the package's `__all__` lists."""
    for node in package.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def test_stages_are_entered_by_their_front_door() -> None:
    packages = {one.module: public_names(one) for one in sources("src") if one.module in STAGES}
    assert not [line for source in sources("src") for line in side_doors(source, packages)]


PACKAGES = {
    "thingdesk.cases": public_names(
        Source("src/thingdesk/cases/__init__.py", "__all__ = ['open', 'Case']")
    )
}


@pytest.mark.parametrize(
    "text",
    [
        "from thingdesk.cases.open import open",
        "from thingdesk.cases import close",
        "import thingdesk.cases.verify",
        "from thingdesk.fulfilment import effects",
        "from thingdesk.fulfilment.effects import book",
        "import thingdesk.fulfilment.effects as world",
        "from thingdesk.fulfilment.jobs.offer import offer",
    ],
)
def test_a_side_door_is_found(text: str) -> None:
    assert len(side_doors(Source("src/thingdesk/flow.py", text), PACKAGES)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from thingdesk import cases",
        "from thingdesk.cases import open, Case",
        "from thingdesk.cases import model",
        "from thingdesk.cases.model import State",
        "from thingdesk.fulfilment.jobs.model import Job",
        "from thingdesk.platform.database import Database",
    ],
)
def test_a_front_door_passes(text: str) -> None:
    assert not side_doors(Source("src/thingdesk/flow.py", text), PACKAGES)


def test_journeys_have_effects() -> None:
    text = "from thingdesk.fulfilment import effects"
    assert not side_doors(Source("src/thingdesk/journeys/booking.py", text), PACKAGES)


def test_a_machine_changes_hands_by_flow_alone() -> None:
    assert not [line for source in sources("src") for line in transfers(source)]


@pytest.mark.parametrize(
    "text", ["await parties.transfer(tx, m, o, at)", "from thingdesk.parties import transfer"]
)
def test_another_door_for_a_sale_is_found(text: str) -> None:
    assert len(transfers(Source("src/thingdesk/web/staff/sell.py", text))) == 1
    assert not transfers(Source("src/thingdesk/flow.py", text))
