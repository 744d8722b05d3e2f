"""The process of some owners: `python -m thingdesk.demo.owners`.

They read their mail, open the link, and answer by the form on the page, as a browser does that
knows no JavaScript.
"""

import asyncio
import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import httpx

from thingdesk.demo.notes import Notes
from thingdesk.demo.orders import Orders

_EVERY = 0.3
_LINK = re.compile(r"https?://\S+/decision/\S+")
_CASE = re.compile(r"<case\.([0-9a-f-]{36})@")


class _Form(HTMLParser):
    """The answers that a page offers, and the one that is chosen beforehand."""

    def __init__(self) -> None:
        super().__init__()
        self.options: list[str] = []
        self.chosen: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"input", "button"} and given.get("name") == "option" and given.get("value"):
            self.options.append(str(given["value"]))
            if "checked" in given:
                self.chosen = given["value"]


class Household:
    """Owners with a common letter box: each reads what is to them."""

    def __init__(self, given: dict[str, Any], http: httpx.AsyncClient) -> None:
        folder = Path(given["folder"])
        self._mail = Path(given["mail"])
        self._says: dict[str, str] = given["owners"]
        self._notes = {
            one: Notes(folder / "notes" / f"{one.partition('@')[0]}.jsonl") for one in self._says
        }
        self._http = http
        self._read: set[str] = set()
        self._chance = Random("owners")  # noqa: S311 - the same at every run

    async def live(self) -> None:
        """Look into the letter box now and then."""
        async with asyncio.TaskGroup() as group:
            while True:
                for name, letter in self._new():
                    group.create_task(self._take(name, letter))
                await asyncio.sleep(_EVERY)

    def _new(self) -> Iterator[tuple[str, EmailMessage]]:
        for path in sorted(self._mail.glob("*.eml")):
            if path.name in self._read:
                continue
            self._read.add(path.name)
            letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if str(letter["To"]) in self._says:
                yield path.stem, letter

    async def _take(self, name: str, letter: EmailMessage) -> None:
        notes, body = self._notes[str(letter["To"])], letter.get_body(("plain",))
        link = _LINK.search(body.get_content() if body else "")
        case = _CASE.search(str(letter["References"] or ""))
        facts = {"mail": name, "case": case[1] if case else None}
        if link is None:
            notes.note("told", subject=str(letter["Subject"]), **facts)
            return
        await asyncio.sleep(self._chance.uniform(0.5, 1.5))
        form = _Form()
        form.feed((await self._http.get(link[0])).text)
        approval = set(form.options) == {"yes", "no"}
        first = next(iter(form.options), "")
        option = self._says[str(letter["To"])] if approval else form.chosen or first
        answer = await self._http.post(link[0], data={"option": option})
        kind = "approval" if approval else "choice"
        notes.note("asked", kind=kind, option=option, status=answer.status_code, **facts)


async def main() -> None:
    orders = await Orders.open()
    given = await orders.part()
    async with httpx.AsyncClient(timeout=30, follow_redirects=True) as http:
        await orders.follow(Household(given, http).live(), _at_once)


async def _at_once() -> None:
    """Owners leave nothing behind that would have to be waited for."""


if __name__ == "__main__":
    asyncio.run(main())
