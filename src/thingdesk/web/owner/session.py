"""Which owner is there: by the session that a mailed code began, in a cookie that no script reads.

A link in a mail shows an owner's page, and lets them answer what the mail was about; letting
somebody else act for them needs the log-in.
"""

from dataclasses import dataclass
from datetime import datetime
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


class EnterFirst(Exception):
    """No owner is logged in."""


@dataclass(frozen=True, slots=True)
class Present:
    """An owner who has logged in, and until when."""

    owner: Owner
    until: datetime


def token_of(request: Request, pages: Pages) -> str:
    return request.cookies.get(_cookie(pages), "")


async def present(request: Request, pages: Pages) -> Present | None:
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


Here = Annotated[Present, Depends(_present)]


def begin(response: Response, pages: Pages, session: OwnerLoggedIn) -> None:
    """Give the browser its session."""
    response.set_cookie(
        _cookie(pages),
        session.token,
        max_age=int((session.expires - clock.now()).total_seconds()),
        path="/",
        secure=pages.secure,
        httponly=True,
        samesite="lax",
    )


def end(response: Response, pages: Pages) -> None:
    response.delete_cookie(
        _cookie(pages), path="/", secure=pages.secure, httponly=True, samesite="lax"
    )


async def on_enter_first(request: Request, error: Exception) -> Response:
    """To the log-in, and back from there to what was asked for; a form is to be sent once more."""
    if not isinstance(error, EnterFirst):
        raise error
    path = request.url.path
    wanted = f"{path}?{request.url.query}" if request.url.query else path
    return RedirectResponse(f"{ENTER}?next={quote(local(wanted))}", 303)


def _cookie(pages: Pages) -> str:
    return "__Host-thingdesk-owner" if pages.secure else "thingdesk-owner"
