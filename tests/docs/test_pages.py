"""What the pages name is there: modules, names, files, links, and every word of ours."""

import re
from configparser import ConfigParser

import pytest
from tests.architecture.source import ROOT
from tests.architecture.test_glossary import GLOSSARY as SYNONYMS
from tests.docs.pages import (
    DOTTED,
    FENCE,
    FILE,
    broken_links,
    missing_file,
    missing_name,
    named,
    pages,
)

from thingdesk import intake

WORDS = {
    "machine", "owner", "staff", "provider", "subject", "reporter", "entitlement", "policy",
    "mandate", "signal", "rule", "finding", "service", "remedy", "catalog", "report", "event",
    "receipt", "problem", "case", "timeline", "promise", "decision", "approval", "verdict",
    "journey", "step", "effect", "command", "verification", "outcome", "notice", "hold", "incident",
    "member",
}  # fmt: skip
ROW = re.compile(r"^\| \*\*(\w+)\*\* \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
# the types of events on the wire are no modules
TYPES = {
    *intake.TYPES.values(),
    *(f"thingdesk.{one}" for one in ("receipt", "refusal", "notice", "command")),
}
# what is made at a build, or by a reader
MADE = ("static/vendor", ".venv", "var/", "mail/", ".json", ".queue", ".eml", ".csv")


def wrong_names(page: str, text: str) -> list[str]:
    """The names and files in backticks that lead nowhere."""
    found = []
    for one in named(text):
        if DOTTED.fullmatch(one) and one not in TYPES and missing_name(one):
            found.append(f"{page}: {one} is no module and no name in one")
        elif FILE.fullmatch(one) and "/" in one.rstrip("/") and missing_file(one, page):
            found.append(f"{page}: {one} is no file")
    return found


def checked() -> dict[str, str]:
    return {
        name: text
        for name, text in pages().items()
        if name.startswith("docs/") or name in ("ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md")
    }


@pytest.mark.parametrize("page", checked())
def test_names_and_files_are_there(page: str) -> None:
    assert not [one for one in wrong_names(page, checked()[page]) if not _is_made(one)]


def _is_made(line: str) -> bool:
    return any(one in line for one in MADE)


@pytest.mark.parametrize("page", checked())
def test_links_lead_somewhere(page: str) -> None:
    assert not broken_links(page, checked()[page])


def test_every_word_is_in_the_glossary_with_its_place() -> None:
    rows = {word: (meaning, place) for word, meaning, place in ROW.findall(_glossary())}
    assert set(rows) >= WORDS | set(SYNONYMS["instead_of"])
    for word, (meaning, place) in rows.items():
        assert meaning.strip(), word
        places = DOTTED.findall(place)
        assert places or place.strip() == "not built yet", word
        assert not [one for one in places if missing_name(one)], word


def test_a_word_stands_once_in_the_glossary() -> None:
    words = [word for word, _, _ in ROW.findall(_glossary())]
    assert len(words) == len(set(words))


def _glossary() -> str:
    return (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")


def test_what_leads_nowhere_is_found() -> None:
    text = "`thingdesk.cases.Ticket` `src/thingdesk/ticket.py` `thingdesk.cases` `cases/open.py`"
    assert len(wrong_names("ARCHITECTURE.md", text)) == 2
    text = "[a](docs/nowhere.md) [b](#no-such) [c](GLOSSARY.md) [d](GLOSSARY.md#who)"
    assert len(broken_links("ARCHITECTURE.md", text)) == 2
    assert not wrong_names("ARCHITECTURE.md", "```text\n`thingdesk.nothing`\n```\n")


PROOF = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
PROVEN = re.compile(r"^\| .*`tests/[\w/]+\.py(?:::\w+)?` \|$", re.MULTILINE)


def missing_proofs(text: str) -> list[str]:
    """The tests of a table of invariants that are not there."""
    found = []
    for path, function in PROOF.findall(text):
        file = ROOT / path
        if not file.exists():
            found.append(path)
        elif function and f"def {function}(" not in file.read_text():
            found.append(f"{path}::{function}")
    return found


@pytest.mark.parametrize("page", ["always-true.md", "attacks.md"])
def test_what_is_always_true_has_its_test(page: str) -> None:
    text = (ROOT / "docs" / "explanation" / page).read_text(encoding="utf-8")
    lines = [one for one in text.splitlines() if one.startswith("| ")]
    lines = [one for one in lines if not one.endswith((" proven by |", " checked by |"))]
    assert lines
    assert len(PROVEN.findall(text)) == len(lines)
    assert not missing_proofs(text)


def test_a_proof_that_is_gone_is_found() -> None:
    here = "tests/docs/test_pages.py"
    gone = "| a | `tests/docs/test_gone.py` |\n| b | `" + here + "::test_gone` |\n"
    assert len(missing_proofs(gone)) == 2
    assert not missing_proofs(
        f"| a | `{here}` |\n| b | `{here}::test_a_proof_that_is_gone_is_found` |\n"
    )


def test_the_layers_are_those_of_the_linter() -> None:
    rules = ConfigParser()
    rules.read(ROOT / ".importlinter")
    layers = rules["importlinter:contract:layers"]["layers"].replace("(", "").replace(")", "")
    built = [one for one in reversed(layers.split()) if _is_built(one)]
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = next(one for one in FENCE.findall(text) if "\nplatform " in one)
    listed = re.findall(r"^([a-z]+) {2,}", block, re.MULTILINE)
    assert listed == [one for one in built if one != "__main__"]


@pytest.mark.parametrize("package", ["packs", "channels"])
def test_what_a_package_is_made_of_is_named_with_it(package: str) -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^{package} {{2,}}(.*)$", text, re.MULTILINE)
    listed = max(re.findall(r"\w+(?:, \w+)+", line), key=len)
    folder = ROOT / "src" / "thingdesk" / package
    there = {one.stem for one in folder.iterdir() if not one.name.startswith("_")}
    assert set(listed.split(", ")) == there


def _is_built(name: str) -> bool:
    place = ROOT / "src" / "thingdesk" / name
    return place.is_dir() or place.with_suffix(".py").exists()
