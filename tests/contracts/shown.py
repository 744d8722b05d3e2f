"""Where hostile text is shown, and whether it is text there and no more."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from tests.contracts.hostile import MARK, UNSEEN

_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) ")
_EVALUATED = re.compile(r"49zq(?!\d)|<class '|<thingdesk|&lt;class")
_QUOTED = re.compile(r'"[^"]*"')
_SPOKEN = ("title", "h1", "h2", "h3", "button", "summary", "legend", "label")
_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data")


class Page(HTMLParser):
    """A page as a browser reads it: what is text in it, where it leads, and what is wrong."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.wrong: list[str] = []
        self.text = ""
        self.spoken = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += _as_said(self.text)
        self.wrong += [f"said by the desk: {one}" for one in unquoted(self.spoken)]
        self.marks = set(MARK.findall(self.text))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        if tag.startswith("zq"):
            self.wrong.append(f"an element <{tag}>")
        for name, value in attributes:
            if name.startswith(("on", "zq")) or MARK.search(name):
                self.wrong.append(f"an attribute {name} of <{tag}>")
            if name in _ADDRESSES and value:
                self._leads(tag, name, value)

    def _leads(self, tag: str, name: str, value: str) -> None:
        if urlsplit(value).scheme not in ("", "http", "https", "mailto", "tel", "data"):
            self.wrong.append(f"{name} of <{tag}> is {value[:100]}")
        if tag == "a":
            self.links.add(value)

    def handle_comment(self, data: str) -> None:
        self._plain("a comment", data)

    def handle_decl(self, decl: str) -> None:
        self._plain("a declaration", decl)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self._plain(f"<{self._open[-1]}>", data)
        self.text += data
        if set(self._open) & set(_SPOKEN):
            self.spoken += data

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def _plain(self, where: str, data: str) -> None:
        if MARK.search(data):
            self.wrong.append(f"{where} with {data[:100]}")


def _as_said(text: str) -> Iterator[str]:
    """People see all of it, as it was written, and nothing beside it."""
    if unseen := UNSEEN.intersection(text):
        yield f"what cannot be seen: {unseen}"
    if found := _EVALUATED.search(text):
        yield f"it was worked out: {text[max(0, found.start() - 80) : found.end()]}"


def unquoted(text: str) -> list[str]:
    """What of hostile text stands in words of the desk as if they were its own."""
    return MARK.findall(_QUOTED.sub("", text))


def log(text: str) -> list[str]:
    """Lines that others began, and what turns a terminal."""
    lines = text.split("\n")
    told = [one for one in lines if MARK.search(one) or "zq" in one.lower()]
    return [one[:200] for one in told if not _LINE.match(one)] + [
        one[:200] for one in lines if UNSEEN.intersection(one)
    ]


def marked(said: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where in a document hostile text stands, names of fields among it."""
    if isinstance(said, str) and MARK.search(said):
        yield path, said
    elif isinstance(said, dict):
        for name, one in said.items():
            if MARK.search(name):
                yield (*path, "<name>"), name
            yield from marked(one, (*path, name))
    elif isinstance(said, list):
        for n, one in enumerate(said):
            yield from marked(one, (*path, str(n)))
