"""An owner with a browser: they read their mail, and send forms as these are on the page."""

import email
import email.policy
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import httpx
from tests.waiting import until


class _Form(HTMLParser):
    """What a browser sends of the form in which a button is, once that is pressed."""

    def __init__(self, button: str) -> None:
        super().__init__()
        self._button = button
        self._open: dict[str, str | None] | None = None
        self._form: tuple[str, dict[str, list[str]]] = ("", {})
        self.sent: tuple[str, dict[str, list[str]]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._form = (given["action"] or "", {})
        elif tag == "button":
            self._open = given
        elif tag == "input" and given.get("name"):
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self._add(given)

    def handle_data(self, data: str) -> None:
        if self._open is not None and data.strip() == self._button:
            if self._open.get("name"):
                self._add(self._open)
            self.sent = self._form

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._open = None

    def _add(self, given: dict[str, str | None]) -> None:
        self._form[1].setdefault(given["name"] or "", []).append(given.get("value") or "")


@dataclass
class Owner:
    """A browser, and the folder that the desk's mails fall into."""

    browser: httpx.AsyncClient
    address: str
    mail: Path
    home: str = ""

    async def reads(self, pattern: str) -> str:
        """What a mail says, once it is there."""

        async def look() -> str:
            found = re.search(pattern, "\n".join(_letters(self.mail)))
            return found[1] if found else ""

        return await until(look, within=40)

    async def types(self, code: dict[str, str]) -> httpx.Response:
        """The machine's code, and then the digits that are mailed; what the page says."""
        await self._logs_in(await self.browser.post("/pair", data=code))
        return await self.browser.post("/pair", data=code)

    async def enters(self, address: str) -> httpx.Response:
        """A page of the desk that is for owners who have logged in; what it says then."""
        return await self._logs_in(await self.browser.get(address))

    async def _logs_in(self, asked: httpx.Response) -> httpx.Response:
        assert asked.url.path == "/enter"
        there = asked.url.params["next"]
        await self.browser.post("/enter", data={"email": self.address, "next": there})
        digits = await self.reads(r"\b(\d{4} ?\d{4})\b")
        given = {"email": self.address, "code": digits, "next": there}
        return await self.browser.post("/enter/code", data=given)

    async def presses(self, button: str, page: httpx.Response) -> httpx.Response:
        """A button of a page, with all that its form has beside it, as it is."""
        form = _Form(button)
        form.feed(page.text)
        assert form.sent, f"no button {button!r}:\n{page.text}"
        where, given = form.sent
        return await self.browser.post(where, data=given)


def _letters(folder: Path) -> list[str]:
    found = []
    for path in folder.glob("*.eml"):
        one = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = one.get_body(("plain",))
        found.append(str(body.get_content()) if body else "")
    return found


def a_browser(url: str) -> httpx.AsyncClient:
    """One that sends forms from the desk's own pages."""
    own = {"origin": url}
    return httpx.AsyncClient(base_url=url, follow_redirects=True, timeout=30, headers=own)
