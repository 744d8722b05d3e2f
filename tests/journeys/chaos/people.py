"""The process of providers and owners: `python -m tests.journeys.chaos.people`.

Providers answer webhooks in their own manner, owners their mail; both say it again and again until
the desk has heard it, as their systems would. What they did they write down as JSON lines.
"""

import asyncio
import email
import email.policy
import json
import re
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import httpx

from thingdesk.demo.inbox import Posted, serving
from thingdesk.demo.notes import Notes
from thingdesk.demo.orders import Orders
from thingdesk.platform import clock
from thingdesk.platform.loops import first_of
from thingdesk.platform.outward import Unsigned, verify

_LINK = re.compile(r"https?://\S+/decision/\S+")
_OPTION = re.compile(r'name="option"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="option"')
_LOOK_EVERY = 0.3
_SAY_FOR = 60.0
MANNERS = ("do", "decline", "silent", "forget")
_WEIGHTS = (80, 10, 5, 5)


class People:
    """What providers and owners have in common: a line to the desk, and work under way."""

    def __init__(self, given: dict[str, Any], http: httpx.AsyncClient) -> None:
        self.given = given
        self.folder = Path(given["folder"])
        self.chance = Random(f"{given['seed']}-people")  # noqa: S311 - to be repeated
        self.over = asyncio.Event()
        self._http = http
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, act: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(act)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def through(self) -> None:
        """Return when nobody is in the middle of anything."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def rest(self, least: float, most: float) -> None:
        await first_of(self.over, seconds=self.chance.uniform(least, most))

    async def until_heard(self, method: str, url: str, **said: Any) -> httpx.Response | None:
        """The desk's answer, which may be no; None when there was none for a minute."""
        now = asyncio.get_running_loop().time
        until = now() + _SAY_FOR
        while now() < until:
            try:
                answer = await self._http.request(method, url, **said)
            except httpx.HTTPError:
                await self.rest(0.2, 0.6)
                continue
            if not httpx.codes.is_server_error(answer.status_code):
                return answer
            await self.rest(0.2, 0.6)
        return None


class Shop:
    """A provider."""

    def __init__(self, people: People, given: dict[str, Any]) -> None:
        self._people = people
        self._secret: str = given["secret"]
        self._notes = Notes(people.folder / "notes" / f"{given['name']}.jsonl")
        self._seen: set[str] = set()

    def take(self, posted: Posted) -> HTTPStatus:
        """A webhook: what comes again under the same id is no news."""
        try:
            message = verify(self._secret, posted.headers, posted.body, clock.now())
        except Unsigned:
            self._notes.note("unsigned")
            return HTTPStatus.UNAUTHORIZED
        told = json.loads(posted.body)
        offer = told["data"]
        again = message in self._seen
        self._seen.add(message)
        self._notes.note(
            told["type"], message=message, job=offer["job"], case=offer["case"], again=again
        )
        if told["type"] == "job.offered" and not again:
            self._people.begin(self._work(offer))
        return HTTPStatus.NO_CONTENT

    async def _work(self, offer: dict[str, Any]) -> None:
        (manner,) = self._people.chance.choices(MANNERS, _WEIGHTS)
        self._notes.note("manner", job=offer["job"], manner=manner)
        if manner == "silent":
            return
        await self._people.rest(0.1, 0.5)
        if manner == "decline":
            await self._say(offer, "decline", reason="no")
            return
        if await self._say(offer, "accept") and manner == "do":
            await self._people.rest(0.3, 1.0)
            (self._people.folder / "world" / offer["machine"]).touch()
            self._notes.note("mended", job=offer["job"])
            await self._say(offer, "done", words="Done.")

    async def _say(self, offer: dict[str, Any], action: str, **more: str) -> bool:
        link = urlsplit(offer["page"])
        url = link._replace(path=f"/v1/jobs/{link.path.rpartition('/')[2]}").geturl()
        answer = await self._people.until_heard("POST", url, json={"action": action, **more})
        status = answer.status_code if answer else None
        self._notes.note(action, job=offer["job"], status=status)
        return status == HTTPStatus.OK


async def read_mail(people: People) -> None:
    """Owners read their letters, of however many processes of the desk, and answer what is asked.
    Those of `says` say this to what they have to approve, all others the first that is offered.
    """
    read: set[str] = set()
    while not people.over.is_set():
        for path in _letters(people.given["mail"]):
            if path.name not in read:
                read.add(path.name)
                people.begin(_answer(people, _read(path)))
        await people.rest(_LOOK_EVERY, _LOOK_EVERY)


def _letters(boxes: list[str]) -> list[Path]:
    return [path for box in boxes for path in sorted(Path(box).glob("*.eml"))]


def _read(path: Path) -> EmailMessage:
    letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


async def _answer(people: People, letter: EmailMessage) -> None:
    body = letter.get_body(("plain",))
    link = _LINK.search(body.get_content() if body else "")
    if link is None:
        return
    await people.rest(0.2, 1.0)
    page = await people.until_heard("GET", link[0])
    options = [one or other for one, other in _OPTION.findall(page.text if page else "")]
    if not options:
        return
    approval = set(options) == {"yes", "no"}
    option = people.given["says"].get(str(letter["To"]), "yes") if approval else options[0]
    await people.until_heard("POST", link[0], data={"option": option})


async def main() -> None:
    orders = await Orders.open()
    given = await orders.part()
    async with AsyncExitStack() as stack:
        http = httpx.AsyncClient(timeout=10)
        people = People(given, await stack.enter_async_context(http))
        for one in given["providers"]:
            await stack.enter_async_context(serving(one["port"], Shop(people, one).take))
        await orders.follow(read_mail(people), people.through)


if __name__ == "__main__":
    asyncio.run(main())
