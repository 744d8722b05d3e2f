"""The log-in by an OpenID Connect provider, where the operator has set one."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import parties
from thingdesk.parties import Unreadable
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.web.issuer import RETURN, Issuer
from thingdesk.web.pages import Open, Pages
from thingdesk.web.safe import local
from thingdesk.web.staff.log_in import Next, log_in_page
from thingdesk.web.staff.session import begin, cookie

router = APIRouter()
_TYPE = "staff-log-in+jwt"
_LASTS = timedelta(minutes=10)
_LONGEST = 4096
_STALE = Refusal(
    "oidc_stale",
    "that took too long, was used already, or was begun in another browser: begin once more",
    Recovery.FIX_INPUT,
)


@router.get("/log-in/oidc")
async def get_oidc(
    pages: Open,
    next: Next = "",  # noqa: A002 - the name in the address
) -> Response:
    """To the provider; what it has to bring back is in a cookie that the desk has signed."""
    try:
        begun = await _issuer(pages).begin()
    except Refused as refused:
        return _refused(pages, refused.refusal, next)
    claims = {
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "next": local(next),
        "exp": int((clock.now() + _LASTS).timestamp()),
    }
    there = RedirectResponse(begun.url, 303)
    there.set_cookie(
        _cookie(pages),
        pages.key.sign(claims, _TYPE),
        max_age=int(_LASTS.total_seconds()),
        path="/",
        secure=pages.secure,
        httponly=True,
        samesite="lax",
    )
    return there


@router.get(RETURN)
async def get_callback(request: Request, pages: Open) -> Response:
    """A session for who the provider vouches for; or why there is none."""
    begun: dict[str, str] = {}
    try:
        begun = _begun(request, pages)
        issuer = _issuer(pages)
        await _once(pages, begun["state"])
        who = await issuer.finish(begun, _said(request))
        async with pages.database.transaction() as tx:
            answer = await parties.log_in_vouched(tx, who)
    except Refused as refused:
        answer = refused.refusal
    if isinstance(answer, Refusal):
        there: Response = _refused(pages, answer, begun.get("next", ""))
    else:
        there = RedirectResponse(local(begun["next"]), 303)
        begin(there, pages, answer)
    there.delete_cookie(
        _cookie(pages), path="/", secure=pages.secure, httponly=True, samesite="lax"
    )
    return there


async def _once(pages: Pages, state: str) -> None:
    async with pages.database.transaction() as tx:
        first = await parties.came_back(tx, state, _LASTS)
    if not first:
        raise Refused(_STALE)


@router.get("/log-in/oidc/leave")
async def get_leave(pages: Open) -> Response:
    """To where the provider logs somebody out, too."""
    try:
        there = await _issuer(pages).leave()
    except Refused as refused:
        return _refused(pages, refused.refusal)
    return RedirectResponse(there or "/log-in", 303)


def _issuer(pages: Pages) -> Issuer:
    if pages.issuer is None:
        words = "no other log-in is set up here"
        raise refuse("oidc_unset", words, Recovery.CONTACT_US)
    return pages.issuer


def _cookie(pages: Pages) -> str:
    return f"{cookie(pages)}-oidc"


def _begun(request: Request, pages: Pages) -> dict[str, str]:
    """What this browser has begun. Raises Refused."""
    signed = request.cookies.get(_cookie(pages), "")
    try:
        claims = pages.key.verify(signed[:_LONGEST], _TYPE)
    except Unreadable as error:
        raise Refused(_STALE) from error
    if claims["exp"] <= clock.now().timestamp():
        raise Refused(_STALE)
    return {name: str(claims[name]) for name in ("state", "nonce", "verifier", "next")}


def _said(request: Request) -> dict[str, str]:
    """What the provider gave the browser to bring: what is said twice is not said."""
    found = request.query_params.multi_items()
    names = [name for name, _ in found]
    return {
        name: value for name, value in found if names.count(name) == 1 and len(value) <= _LONGEST
    }


def _refused(pages: Pages, refusal: Refusal, then: str = "") -> HTMLResponse:
    status = 503 if refusal.recovery is Recovery.RETRY else 422
    return log_in_page(pages, status, next=then, refusal=refusal)
