"""What applications say of themselves at the URL that is their id: Client ID Metadata Documents."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from thingdesk.access import jose
from thingdesk.access.clients import machine_client
from thingdesk.access.model import Client
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery, Refused, refuse
from thingdesk.platform.outward import Http, Names, Network, Unfetched, fetch, make_http

_MOST_BYTES = 16 * 1024
_WITHIN = 5.0
_GOOD_FOR = timedelta(minutes=5)
_BAD_FOR = timedelta(seconds=30)
_MOST_KEPT = 1000
_AT_ONCE = 20
_MOST_EACH = 20
_URL = re.compile(r"https://[!-\[\]-~]{1,1000}")
_REDIRECT = re.compile(r"[!-\[\]-~]{1,2048}")
_LOCAL = ("127.0.0.1", "::1", "localhost")
# RFC 8252, 7.1: a scheme of an application's own is a domain's name backwards
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]{1,200}")


class Documents:
    """Which client an id means: a machine by its own, or whoever answers at the URL. Open it
    (`async with`). What was read is good for some minutes; `allowed` are private networks that may
    be asked.
    """

    def __init__(self, *, allowed: Sequence[Network] = (), http: Http | None = None) -> None:
        self._allowed = allowed
        self._http = http or make_http(limit=_WITHIN)
        self._names = Names()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._kept: dict[str, tuple[datetime, Client | Refused]] = {}
        self._asked: dict[str, asyncio.Task[Client | Refused]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._asked.values():
            task.cancel()
        await self._http.aclose()

    async def client(self, client_id: str) -> Client:
        """Raises Refused: it is neither, or its document cannot be had, or not be used."""
        if "://" not in client_id:
            return machine_client(client_id)
        kept = self._kept.get(client_id)
        if kept is None or kept[0] <= clock.now():
            task = self._asked.get(client_id) or self._ask(client_id)
            found = await asyncio.shield(task)
        else:
            found = kept[1]
        if isinstance(found, Refused):
            raise Refused(found.refusal)
        return found

    def _ask(self, client_id: str) -> "asyncio.Task[Client | Refused]":
        task = self._asked[client_id] = asyncio.create_task(self._read(client_id))
        task.add_done_callback(lambda _: self._asked.pop(client_id, None))
        return task

    async def _read(self, client_id: str) -> Client | Refused:
        found: Client | Refused
        try:
            _check_id(client_id)
            async with self._room:
                found = await self._described(client_id)
        except Refused as refused:
            found = refused
        lasts = _BAD_FOR if isinstance(found, Refused) else _GOOD_FOR
        while len(self._kept) >= _MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[client_id] = clock.now() + lasts, found
        return found

    async def _described(self, client_id: str) -> Client:
        said = await self._fetch(client_id)
        keys = said.get("jwks")
        if keys is None and isinstance(said.get("jwks_uri"), str):
            _check_id(said["jwks_uri"])
            keys = await self._fetch(said["jwks_uri"])
        return described(client_id, said, keys)

    async def _fetch(self, url: str) -> dict[str, Any]:
        try:
            content = await fetch(
                self._http,
                url,
                names=self._names,
                allowed=self._allowed,
                most=_MOST_BYTES,
                within=_WITHIN,
            )
            said = orjson.loads(content)
        except Unfetched as error:
            raise _unusable(f"it cannot be had: {error}") from error
        except ValueError as error:
            raise _unusable("it is broken JSON") from error
        if not isinstance(said, dict):
            raise _unusable("it is no object")
        return said


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
    name = said.get("client_name")
    fits = isinstance(name, str) and _LINE.fullmatch(name.strip())
    return Client(
        id=client_id,
        name=str(name).strip() if fits else urlsplit(client_id).netloc,
        uri=_link(said.get("client_uri")),
        logo=_link(said.get("logo_uri")),
        redirects=_redirects(said.get("redirect_uris", [])),
        keys=usable,
    )


def _check_id(url: str) -> None:
    parts = _parts(url)
    if parts is None or not _URL.fullmatch(url):
        raise _unusable("its address must begin with https://")
    dots = {".", ".."}.intersection(parts.path.split("/"))
    if parts.fragment or parts.username is not None or len(parts.path) < len("/x") or dots:
        raise _unusable("its address must have a path, and neither a fragment nor a password")


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
