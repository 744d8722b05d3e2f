"""Who is there: the session of staff, kept in a cookie that no script can read."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from thingdesk import parties
from thingdesk.calling import sender_of
from thingdesk.parties import RIGHTS, Browser, HalfWay, LoggedIn, Right, Role, Staff
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.web.pages import Open, Pages

LIVE = "/live"


class LogInFirst(Exception):
    """Nobody is logged in."""


def cookie(pages: Pages) -> str:
    """The cookie's name: with its prefix a browser takes it from this very host by HTTPS only."""
    return "__Host-thingdesk" if pages.secure else "thingdesk"


def token_of(request: Request, pages: Pages) -> str:
    return request.cookies.get(cookie(pages), "")


async def _staff(request: Request, pages: Open) -> Staff:
    token = token_of(request, pages)
    if token:
        async with pages.database.transaction() as tx:
            if found := await parties.session(tx, token):
                return found
    raise LogInFirst


Person = Annotated[Staff, Depends(_staff)]


class Allowed:
    """For `Depends`: one of the staff who has this right. Raises Refused for others."""

    def __init__(self, right: Right) -> None:
        self._right = right

    async def __call__(self, person: Person) -> Staff:
        if not parties.may(person, self._right):
            who = " or ".join(
                f"{_ARTICLES[one]} {one.value}" for one in sorted(RIGHTS[self._right])
            )
            words = f"Only {who} may {self._right.value}. Ask one of them."
            raise refuse("not_allowed", words, Recovery.CONTACT_US)
        return person


_ARTICLES = {Role.ADMIN: "an", Role.LEADER: "a", Role.AGENT: "an"}


def half_way_of(request: Request, pages: Pages) -> str:
    """The token of who gave the right password, and has to show a passkey."""
    return request.cookies.get(_half(pages), "")


def source_of(request: Request) -> str:
    """Where an attempt to log in comes from."""
    return sender_of(request)


async def browser_of(tx: Transaction, request: Request, pages: Pages) -> Browser | None:
    """The browser, where somebody has logged in with it before: it is counted by itself."""
    return await parties.known_browser(tx, pages.key, request.cookies.get(_known(pages), ""))


def _known(pages: Pages) -> str:
    return f"{cookie(pages)}-known"


def _half(pages: Pages) -> str:
    return f"{cookie(pages)}-half"


def go_half_way(response: Response, pages: Pages, half: HalfWay) -> None:
    """Remember in the browser that its password was right."""
    _set(response, pages, _half(pages), half.token, half.expires)


def begin(response: Response, pages: Pages, session: LoggedIn) -> None:
    """Give the browser its session, and what it is known by when that has ended."""
    _forget(response, pages, _half(pages))
    _set(response, pages, cookie(pages), session.token, session.expires)
    _set(response, pages, _known(pages), *parties.remember_browser(pages.key, session.staff.id))


def end(response: Response, pages: Pages) -> None:
    _forget(response, pages, cookie(pages))


def _set(response: Response, pages: Pages, name: str, value: str, until: datetime) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int((until - clock.now()).total_seconds()),
        path="/",
        secure=pages.secure,
        httponly=True,
        samesite="lax",
    )


def _forget(response: Response, pages: Pages, name: str) -> None:
    response.delete_cookie(name, path="/", secure=pages.secure, httponly=True, samesite="lax")


async def on_log_in_first(request: Request, error: Exception) -> Response:
    """To the log-in, and back from there to what was asked for."""
    if not isinstance(error, LogInFirst):
        raise error
    path = request.url.path
    if path == LIVE:
        return Response(status_code=401)
    wanted = f"{path}?{request.url.query}" if request.url.query else path
    there = wanted if request.method == "GET" and path != "/" else ""
    return RedirectResponse(f"/log-in?next={quote(there)}" if there else "/log-in", 303)
