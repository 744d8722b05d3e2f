"""What holds for every page: headers, and that a form was sent from a page of ours."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thingdesk.platform.errors import Recovery, Refusal
from thingdesk.web.csp import CSP, POLICY
from thingdesk.web.problems import problem

_SAFE = {"GET", "HEAD", "OPTIONS"}
# their address is a secret, and the only key that they need
_LINKS = ("/decision/", "/job/", "/owner/", "/set-up/")
# who needs no session sends no more than a form of ours can hold
_OPEN = (*_LINKS, "/owner", "/log-in", "/enter", "/pair", "/allow", "/question")
LONGEST_FORM = 64 * 1024
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_FOREIGN = Refusal(
    "foreign_form",
    "This form was not sent from a page of this desk. Open the page here, and send it again.",
    Recovery.FIX_INPUT,
)


_IN_PARTS = Refusal(
    "form_in_parts",
    "Forms are sent as application/x-www-form-urlencoded: none of this desk has files.",
    Recovery.FIX_INPUT,
)


class Guard:
    """Sets the headers of every answer, and refuses forms that another site sent, and those that
    take ten times as long to read as any of ours.

    A browser says where a request comes from: by `Sec-Fetch-Site`, or where that is not sent (plain
    HTTP) by `Origin`. Staff pages let it name our own origin to us, which is what
    `Referrer-Policy: same-origin` does; pages with a signed link tell nobody their address.
    """

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._public = urlsplit(public_url).netloc if public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_headers(MutableHeaders(scope=message), scope["path"])
            await send(message)

        headers = Headers(scope=scope)
        if scope["method"] not in _SAFE and not self._is_ours(headers, scope["path"]):
            await problem(_FOREIGN, 403)(scope, receive, send_with_headers)
        elif headers.get("content-type", "").strip().lower().startswith("multipart/"):
            await problem(_IN_PARTS, 415)(scope, receive, send_with_headers)
        else:
            bounded = _bounded(receive) if scope["path"].startswith(_OPEN) else receive
            await self._app(scope, bounded, send_with_headers)

    def _is_ours(self, headers: Headers, path: str) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = headers.get("origin", "null")
        if origin != "null":
            return _place(origin) in {headers.get("host"), self._public} - {None}
        return path.startswith(_LINKS)


def _place(origin: str) -> str | None:
    """Host and port; None where they cannot be read, and so are not ours."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _set_headers(headers: MutableHeaders, path: str) -> None:
    headers.update(_HEADERS)
    headers.setdefault(CSP, POLICY.format("'self'"))
    headers["Referrer-Policy"] = "no-referrer" if path.startswith(_LINKS) else "same-origin"


class _TooLong(Exception):
    """A form is longer than any of ours; reading it stops here, and it counts as unreadable."""


def _bounded(receive: Receive) -> Receive:
    left = LONGEST_FORM

    async def read() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise _TooLong
        return message

    return read
