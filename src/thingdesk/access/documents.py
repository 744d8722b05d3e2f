"""What applications say of themselves at the URL that is their id: Client ID Metadata Documents."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_network
from typing import Any, Self
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import orjson

from thingdesk.access import jose
from thingdesk.access.clients import machine_client
from thingdesk.access.model import Client
from thingdesk.access.shelf import Shelf
from thingdesk.platform import formats
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.outward import (
    Forbidden,
    Http,
    Names,
    Network,
    Unasked,
    Unfetched,
    Unreached,
    ask,
    make_http,
)
from thingdesk.platform.senders import region_of

_MOST_BYTES = 16 * 1024
_WITHIN = 5.0
# one sender has few of them under way, so that nobody alone takes all
_AT_ONCE = 200
_AT_ONE_HOST = 4
_MOST_ASKED = 400
_MOST_OF_SENDER = 40
_MOST_EACH = 20
_URL = re.compile(r"https://[!-\[\]-~]{1,1000}")
_REDIRECT = re.compile(r"[!-\[\]-~]{1,2048}")
_LOCAL = ("127.0.0.1", "::1", "localhost")
_OWN_COMPUTER = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
# RFC 8252, 7.1: a scheme of an application's own is a domain's name backwards
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_LONGEST_NAME = 200
# letters and a symbol by their kind, nothing to the eye: fillers of Hangul, and empty Braille
_BLANK = re.compile(r"[\s\u115f\u1160\u2800\u3164\uffa0]*")


class _NotNow(Refused):
    """It cannot be had just now, which says nothing of what it is."""


@dataclass(slots=True)
class _Asked:
    """What is being asked for, and how many wait for it."""

    task: "asyncio.Task[Client | Refused]"
    sender: str
    waiting: int = 0


class Documents:
    """Which client an id means: a machine by its own, or whoever answers at the URL. Open it
    (`async with`). What was read is good for some minutes; `allowed` are private networks that may
    be asked. Where the desk itself, at `base`, is on the own computer, so may applications be.
    """

    def __init__(
        self,
        *,
        allowed: Sequence[Network] = (),
        http: Http | None = None,
        base: str = "",
        names: Names | None = None,
    ) -> None:
        self._allowed = allowed
        self._tried = base.startswith("http://") and _is_local(base)
        self._http = http or make_http(limit=_WITHIN)
        self._names = names or Names()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._shelf = Shelf()
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._asked: dict[str, _Asked] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for one in self._asked.values():
            one.task.cancel()
        await self._http.aclose()

    async def client(self, client_id: str, address: str = "") -> Client:
        """`address` is where it is asked from. Raises Refused: it is neither, or its document
        cannot be had, or not be used; or too many are being asked for, of all or from there. What
        nobody waits for any more is not asked for any longer.
        """
        if "://" not in client_id:
            return machine_client(client_id)
        _check_id(client_id, tried=self._tried)
        found = self._shelf.find(client_id) or await self._wait(client_id, region_of(address))
        if isinstance(found, Refused):
            raise Refused(found.refusal)
        return found

    async def _wait(self, client_id: str, sender: str) -> Client | Refused:
        one = self._asked.get(client_id) or self._ask(client_id, sender)
        if one is None:
            return self._shelf.instead(client_id) or _busy()
        one.waiting += 1
        try:
            return await asyncio.shield(one.task)
        finally:
            one.waiting -= 1
            if not one.waiting:
                one.task.cancel()
                self._asked.pop(client_id, None)

    def _ask(self, client_id: str, sender: str) -> _Asked | None:
        theirs = sum(one.sender == sender for one in self._asked.values())
        if theirs >= _MOST_OF_SENDER or len(self._asked) >= _MOST_ASKED:
            return None
        task = asyncio.create_task(self._read(client_id, sender))
        one = self._asked[client_id] = _Asked(task, sender)
        return one

    async def _read(self, client_id: str, sender: str) -> Client | Refused:
        try:
            found = await self._described(client_id, sender)
        except Refused as refused:
            if isinstance(refused, _NotNow) and (old := self._shelf.instead(client_id)):
                return old
            # that there is no room here says nothing of what is there
            if refused.refusal.recovery is not Recovery.RETRY:
                self._shelf.refuse(client_id, refused)
            return refused
        self._shelf.put(found)
        return found

    async def _described(self, client_id: str, sender: str) -> Client:
        said = await self._fetch(client_id, sender)
        keys = said.get("jwks")
        if keys is None and isinstance(said.get("jwks_uri"), str):
            _check_id(said["jwks_uri"], tried=self._tried)
            keys = await self._fetch(said["jwks_uri"], sender)
        return described(client_id, said, keys)

    async def _fetch(self, url: str, sender: str) -> dict[str, Any]:
        own = _OWN_COMPUTER if self._tried and _is_local(url) else ()
        try:
            # a slow site has few places, and waits for them without a place of the others
            async with self._host(url), self._room:
                got = await ask(
                    self._http,
                    url,
                    names=self._names,
                    sender=sender,
                    allowed=(*self._allowed, *own),
                    most=_MOST_BYTES,
                    within=_WITHIN,
                )
        except Unasked as error:
            raise _busy() from error
        except Unreached as error:
            raise _NotNow(_unusable(f"it cannot be had: {error}").refusal) from error
        except (Forbidden, Unfetched) as error:
            raise _unusable(f"it cannot be had: {error}") from error
        if got.status != HTTPStatus.OK:
            refused = _unusable(f"it cannot be had: the other side answered {got.status}")
            raise _NotNow(refused.refusal) if _for_now(got.status) else refused
        if not got.is_json:
            raise _unusable("its content is no JSON")
        try:
            said = orjson.loads(got.body)
        except ValueError as error:
            raise _unusable("it is broken JSON") from error
        if not isinstance(said, dict):
            raise _unusable("it is no object")
        return said

    def _host(self, url: str) -> asyncio.Semaphore:
        """Its places; forgotten when nobody waits for one."""
        host = urlsplit(url).hostname or ""
        return self._hosts.setdefault(host, asyncio.Semaphore(_AT_ONE_HOST))


def described(client_id: str, said: Mapping[str, Any], keys: object) -> Client:
    """What a document says, if the desk can go by it. Raises Refused."""
    if said.get("client_id") != client_id:
        raise _unusable("its client_id is not the address that it has")
    way = said.get("token_endpoint_auth_method", "none")
    if way not in ("none", "private_key_jwt") or "client_secret" in said:
        raise _unusable("token_endpoint_auth_method must be none or private_key_jwt")
    usable = _keys(keys) if way == "private_key_jwt" else ()
    if way == "private_key_jwt" and not usable:
        raise _unusable("it has no key on Ed25519 or P-256")
    return Client(
        id=client_id,
        name=_name(said.get("client_name")) or urlsplit(client_id).netloc,
        uri=_link(said.get("client_uri")),
        logo=_link(said.get("logo_uri")),
        redirects=_redirects(said.get("redirect_uris", [])),
        keys=usable,
    )


def _for_now(status: int) -> bool:
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _busy() -> _NotNow:
    words = "too many descriptions are being read just now; send the same again later"
    return _NotNow(refuse("desk_busy", words, Recovery.RETRY).refusal)


def _name(said: object) -> str | None:
    """By which an owner knows who asks: a line that can be seen."""
    name = said.strip() if isinstance(said, str) else ""
    fits = len(name) <= _LONGEST_NAME and formats.is_line(name) and not _BLANK.fullmatch(name)
    return name if fits else None


def _check_id(url: str, *, tried: bool) -> None:
    """`tried`: an application is tried out at a desk on the own computer."""
    parts = _parts(url)
    plain = tried and _is_local(url) and _URL.fullmatch(url.replace("http://", "https://", 1))
    if parts is None or not (plain or _URL.fullmatch(url)):
        raise _unusable("its address must begin with https://")
    dots = {".", ".."}.intersection(parts.path.split("/"))
    if parts.fragment or parts.username is not None or len(parts.path) < len("/x") or dots:
        raise _unusable("its address must have a path, and neither a fragment nor a password")


def _is_local(url: str) -> bool:
    parts = _parts(url)
    return parts is not None and parts.hostname in _LOCAL


def _parts(url: str) -> Any:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _keys(said: object) -> tuple[Mapping[str, Any], ...]:
    given = said.get("keys") if isinstance(said, Mapping) else None
    usable = []
    for one in given[:_MOST_EACH] if isinstance(given, list) else ():
        with suppress(jose.Unreadable):
            if isinstance(one, dict):
                jose.public_key(one)
                usable.append({name: one[name] for name in _OF_KEY if name in one})
    return tuple(usable)


_OF_KEY = ("kty", "crv", "x", "y", "kid")


def _redirects(said: object) -> tuple[str, ...]:
    given = said if isinstance(said, list) else [None]
    if len(given) > _MOST_EACH or not all(map(_may_return, given)):
        raise _unusable("a redirect_uri is none: https, http on the own computer, or an own scheme")
    return tuple(given)


def _may_return(url: object) -> bool:
    if not isinstance(url, str) or not _REDIRECT.fullmatch(url):
        return False
    parts = _parts(url)
    if parts is None or parts.fragment or "#" in url or parts.username is not None:
        return False
    if parts.scheme == "https":
        return bool(parts.hostname)
    local = parts.scheme == "http" and parts.hostname in _LOCAL
    return local or bool(_OWN_SCHEME.fullmatch(parts.scheme))


def _link(said: object) -> str | None:
    return said if isinstance(said, str) and _URL.fullmatch(said) else None


def _unusable(problem: str) -> Refused:
    words = f"the client's description cannot be used: {problem}"
    return refuse("client_unusable", words, Recovery.CONTACT_US)
