"""The paths below /oauth. Each answers within seconds, or says when to come again."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from html import escape
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)

from thingdesk import access, mandates
from thingdesk.access import Client, Issued, TokenRequest
from thingdesk.calling import address_of
from thingdesk.channels.oauth import form
from thingdesk.channels.oauth.doors import Doors
from thingdesk.channels.oauth.form import Form
from thingdesk.channels.oauth.problems import again, described, error_of, status_of
from thingdesk.platform.errors import Refusal, Refused, refuse

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name
_EVERYTHING = mandates.Terms(services=mandates.EVERYTHING)
Path = Callable[[Request], Awaitable[Response]]


def _bounded(path: Path) -> Path:
    @wraps(path)
    async def within(request: Request) -> Response:
        async with form.room(request):
            return await path(request)

    return within


def _doors(request: Request) -> Doors:
    doors: Doors = request.app.state.doors
    return doors


async def _asked(request: Request) -> TokenRequest:
    """What a client sends with a proof of who it is. Raises Refused."""
    sent = await form.sent(request)
    client = await _client(_doors(request), sent, address_of(request))
    proofs = request.headers.getlist("dpop")
    if len(proofs) > 1:
        raise refuse("proof_unreadable", "send one proof")
    return TokenRequest(client, sent.values, sent.resources, proofs[0] if proofs else None)


async def _client(doors: Doors, sent: Form, address: str) -> Client:
    named, assertion = sent.values.get("client_id"), sent.values.get("client_assertion")
    asserted = access.who_asserts(assertion) if assertion else None
    if named is None and asserted is None:
        raise refuse("parameter_missing", "send client_id")
    return await doors.documents.client(named or asserted or "", address)


@_bounded
async def token(request: Request) -> Response:
    """RFC 6749, 3.2, and the grants that came after it."""
    asked = await _asked(request)
    issued = await _doors(request).tokens.make(asked)
    exchanged = {"issued_token_type": ACCESS_TOKEN} if "subject_token" in asked.form else {}
    return _json({**_issued(issued), **exchanged})


def _issued(one: Issued) -> dict[str, Any]:
    return {
        "access_token": one.token,
        "token_type": "DPoP" if one.bound else "Bearer",
        "expires_in": int(one.lasts.total_seconds()),
        "scope": access.SCOPE,
        **({"refresh_token": one.refresh} if one.refresh else {}),
        **({"authorization_details": [mandates.as_details(one.terms)]} if one.terms else {}),
    }


@_bounded
async def pair(request: Request) -> Response:
    """RFC 8628, 3.1."""
    doors, asked = _doors(request), await _asked(request)
    asks = _asks(doors, asked.form)
    surfaces = access.surfaces_at(doors.base, asked.resources) or (access.Surface.HTTP,)
    async with doors.database.transaction() as tx:
        await access.prove(tx, asked, doors.base)
        address = address_of(request)
        made = await access.pair(tx, asked.client, asks, surfaces, address)
    page = f"{doors.base}/pair"
    return _json(
        {
            "device_code": made.device_code,
            "user_code": made.user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?{urlencode({'user_code': made.user_code})}",
            "expires_in": int(made.lasts.total_seconds()),
            "interval": made.pause,
        }
    )


def _asks(doors: Doors, values: Mapping[str, str]) -> mandates.Terms:
    """What an owner is to permit; all, where it is not said. Raises Refused."""
    asks = access.asks_of(values)
    if asks is None:
        return _EVERYTHING
    mandates.check_offered(asks, [one.name for one in doors.catalog])
    return asks


@_bounded
async def revoke(request: Request) -> Response:
    """RFC 7009: done is whatever was asked for, also when there was nothing to do."""
    doors, asked = _doors(request), await _asked(request)
    async with doors.database.transaction() as tx:
        await access.prove(tx, asked, doors.base)
        await access.revoke(tx, asked.client, _token(asked), doors.base)
    return Response()


@_bounded
async def introspect(request: Request) -> Response:
    """RFC 7662, for whom a token was made for."""
    doors, asked = _doors(request), await _asked(request)
    async with doors.database.transaction() as tx:
        await access.prove(tx, asked, doors.base)
        return _json(await access.introspect(tx, asked.client, _token(asked), doors.base))


def _token(asked: TokenRequest) -> str:
    try:
        return asked.form["token"]
    except KeyError:
        raise refuse("parameter_missing", "send token") from None


async def authorize(request: Request) -> Response:
    """RFC 6749, 4.1.1: keeps what is asked for, and sends the browser to the page of its owner."""
    try:
        async with form.room(request):
            sent = form.read(request.url.query)
            return await _authorize(_doors(request), sent, address_of(request))
    except Refused as refused:  # where to return to is not proven: it is said here
        words = f"This link cannot be followed: {described(refused.refusal)}."
        status = status_of(refused.refusal)
        more = {"X-Content-Type-Options": "nosniff", **again(status)}
        # who has a browser here proves nothing, and has nothing to be asked for
        return PlainTextResponse(words, 400 if status == HTTPStatus.UNAUTHORIZED else status, more)


async def _authorize(doors: Doors, sent: Form, address: str) -> Response:
    client = await _client(doors, sent, address)
    redirect = access.check_redirect(client, sent.values.get("redirect_uri"))
    said = access.Browsed(
        doors.base,
        redirect,
        sent.values.get("code_challenge"),
        sent.values.get("code_challenge_method"),
        sent.values.get("state"),
        sent.values.get("dpop_jkt"),
    )
    try:
        if sent.values.get("response_type") != "code":
            raise refuse("response_type_unknown", "response_type must be code")
        surfaces = access.surfaces_at(doors.base, sent.resources) or (access.Surface.HTTP,)
        asks = _asks(doors, sent.values)
        async with doors.database.transaction() as tx:
            pending = await access.ask_owner(tx, client, asks, surfaces, said, address)
    except Refused as refused:
        # anybody describes a client with any address: nobody is sent there without an owner's word
        refusal = refused.refusal
        told = {"error": error_of(refusal), "error_description": described(refusal)}
        return _unfollowed(refusal, redirect, access.returning(said, **told))
    return _redirect(f"{doors.base}/allow/{pending.id}")


def _unfollowed(refusal: Refusal, redirect: str, back: str) -> Response:
    parts = urlsplit(redirect)
    place = escape(parts.netloc or f"the app for {parts.scheme}")
    body = (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<title>This link cannot be followed</title>"
        f"<h1>This link cannot be followed</h1><p>{escape(described(refusal))}.</p>"
        "<p>We do not know who sent you here."
        f' <a href="{escape(back)}">Go on to {place}</a></p>'
    )
    status = status_of(refusal)
    more = {"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(body, status, {**more, **again(status)})


def _redirect(url: str) -> Response:
    return RedirectResponse(url, 303, {"Referrer-Policy": "no-referrer"})


def _json(body: dict[str, Any]) -> Response:
    return JSONResponse(body)
