"""Which owner is there: by the session that a mailed code began, in a cookie that no script reads.

A link in a mail shows an owner's page, and lets them answer what the mail was about; letting
somebody else act for them needs the log-in.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import Owner, OwnerLoggedIn
from thingdesk.platform import clock
from thingdesk.web.pages import Open, Pages
from thingdesk.web.safe import local

ENTER = "/enter"
_ASKS_FOR = timedelta(days=1)
_BROWSER = re.compile(r"[A-Za-z0-9_-]{20,64}")


class EnterFirst(Exception):
    """No owner is logged in; `wanted` is where they go on then, by default what was asked for."""

    def __init__(self, wanted: str | None = None) -> None:
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True, slots=True)
class Present:
    """An owner who has logged in, and until when."""

    owner: Owner
    until: datetime


def token_of(request: Request, pages: Pages) -> str:
    return request.cookies.get(_cookie(pages), "")


async def present(request: Request, pages: Open) -> Present | None:
    token = token_of(request, pages)
    if not token:
        return None
    async with pages.database.transaction() as tx:
        found = await parties.owner_session(tx, token)
    return Present(*found) if found else None


async def _present(request: Request, pages: Open) -> Present:
    found = await present(request, pages)
    if found is None:
        raise EnterFirst
    return found


Perhaps = Annotated[Present | None, Depends(present)]
Here = Annotated[Present, Depends(_present)]


def browser_of(request: Request, pages: Pages) -> str | None:
    """The secret of a browser that has asked for a code, or may."""
    found = request.cookies.get(_asking(pages), "")
    return found if _BROWSER.fullmatch(found) else None


def know(response: Response, pages: Pages, browser: str) -> None:
    """Give a browser the secret by which the codes are its own that it asks for."""
    _set(response, pages, _asking(pages), browser, _ASKS_FOR)


def begin(response: Response, pages: Pages, session: OwnerLoggedIn) -> None:
    """Give the browser its session."""
    lasts = session.expires - clock.now()
    _set(response, pages, _cookie(pages), session.token, lasts)


def end(response: Response, pages: Pages) -> None:
    response.delete_cookie(
        _cookie(pages), path="/", secure=pages.secure, httponly=True, samesite="lax"
    )


async def on_enter_first(request: Request, error: Exception) -> Response:
    """To the log-in, and back from there to what was asked for; a form is to be sent once more."""
    if not isinstance(error, EnterFirst):
        raise error
    path = request.url.path
    wanted = error.wanted or (f"{path}?{request.url.query}" if request.url.query else path)
    return RedirectResponse(f"{ENTER}?next={quote(local(wanted))}", 303)


def _set(response: Response, pages: Pages, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=pages.secure,
        httponly=True,
        samesite="lax",
    )


def _cookie(pages: Pages) -> str:
    return "__Host-thingdesk-owner" if pages.secure else "thingdesk-owner"


def _asking(pages: Pages) -> str:
    return "__Host-thingdesk-enter" if pages.secure else "thingdesk-enter"
