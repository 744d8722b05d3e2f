"""The project's pages, and what they name: files, modules, other pages, and blocks of code."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import PurePosixPath
from textwrap import dedent

from tests.architecture.source import ROOT, files

CODE = re.compile(r"`([^`\n]+)`")
DOTTED = re.compile(r"thingdesk(?:_machine)?(?:\.[A-Za-z_]\w*)+")
FILE = re.compile(r"(?:[\w.-]+/)*[\w-]+\.(?:py|md|sql|toml|txt|in)|(?:[\w.-]+/)+")
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>[^\n]+) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w*)(?P<title>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
# blocks in these languages are run by a test, or say why not; others are shown only
RUN = ("sh", "python")


@dataclass(frozen=True)
class Block:
    """A fenced block. `title` is what follows the language: `title="oven.py"`."""

    page: str
    language: str
    title: str
    text: str
    reason: str | None


@lru_cache
def pages() -> dict[str, str]:
    """The text of each Markdown page, by its path within the project."""
    return {one: (ROOT / one).read_text(encoding="utf-8") for one in files() if one.endswith(".md")}


def blocks(page: str, text: str) -> list[Block]:
    return [
        Block(page, one["language"], one["title"].strip(), dedent(one["text"]), one["reason"])
        for one in BLOCK.finditer(text)
    ]


def titled(page: str, title: str) -> str:
    """The text of the one block of a page that is called so."""
    (found,) = [one.text for one in blocks(page, pages()[page]) if one.title == f'title="{title}"']
    return found


def named(text: str) -> list[str]:
    """What stands in `backticks` outside of blocks."""
    return CODE.findall(FENCE.sub("", text))


def missing_name(name: str) -> bool:
    """Whether a dotted name of ours leads nowhere: no module, and nothing in one."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            thing: object = import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for part in parts[n:]:
            if not hasattr(thing, part):
                return True
            thing = getattr(thing, part)
        return False
    return True


def missing_file(name: str, page: str) -> bool:
    """Whether a path leads nowhere, from the project's root or from the page."""
    here = (ROOT / page).parent
    return not any((start / name).exists() for start in (ROOT, here, ROOT / "src" / "thingdesk"))


def broken_links(page: str, text: str) -> list[str]:
    """Links to pages and headings that are not there; what is elsewhere is not looked at."""
    found = []
    for target in LINK.findall(FENCE.sub("", text)):
        path, _, heading = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        place = (PurePosixPath(page).parent / path) if path else PurePosixPath(page)
        file = (ROOT / place).resolve()
        if not file.exists():
            found.append(f"{page}: {target} is not there")
        elif heading and heading not in headings(file.read_text(encoding="utf-8")):
            found.append(f"{page}: {target} has no such heading")
    return found


def headings(text: str) -> set[str]:
    """The anchors of a page's headings."""
    plain = FENCE.sub("", text)
    titles = re.findall(r"^#+ (.+)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles}
