"""Hostile text in what clients say of themselves, and in all that they send for a token."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from tests.contracts.hostile import OPEN, TEXTS, Place, hostile, leaves, put
from tests.contracts.telling import Said, together
from tests.contracts.world import Told, World, as_json

from thingdesk import mandates
from thingdesk.access import GRANTS
from thingdesk.mandates import Terms
from thingdesk.parties import Span, WeeklyHours
from thingdesk.platform import clock
from thingdesk.platform.money import Money

_CHALLENGE = "c" * 43
_CENTS = Money(5000, "EUR")
BACK = "https://app.example/back"
DOCUMENT: dict[str, Any] = {
    "client_id": "x",
    "client_name": "App",
    "client_uri": "https://app.example",
    "logo_uri": "https://app.example/logo.png",
    "tos_uri": "https://app.example/tos",
    "policy_uri": "https://app.example/policy",
    "redirect_uris": [BACK],
    "contacts": ["app@example.org"],
    "scope": "thingdesk",
    "grant_types": ["authorization_code"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
    "software_id": "x",
    "other": "x",
}
READ = ("client_name", "providers")
"""What owners read: each kind of text is tried in each."""
PATHS = {
    "/oauth/authorize": (
        "client_id redirect_uri response_type response_mode scope state code_challenge"
        " code_challenge_method resource dpop_jkt prompt login_hint nonce request request_uri"
    ),
    "/oauth/device_authorization": "client_id scope resource client_assertion",
    "/oauth/token": (
        "grant_type code code_verifier redirect_uri client_id client_secret device_code"
        " refresh_token scope resource subject_token subject_token_type actor_token"
        " actor_token_type requested_token_type audience assertion authorization_details"
        " client_assertion client_assertion_type"
    ),
    "/oauth/revoke": "token token_type_hint client_id client_assertion client_assertion_type",
    "/oauth/introspect": "token token_type_hint client_id client_assertion client_assertion_type",
}
ASKS = Terms(
    ("vehicle.*", "person.ask"),
    remedies=("replace_part",),
    machines=("car-1",),
    per_case=_CENTS,
    per_period=_CENTS,
    approval_above=_CENTS,
    always_ask=("book",),
    ends=clock.now() + timedelta(days=90),
    cases=10,
    providers=("Centre North",),
    times=WeeklyHours((Span(0, 8 * 60, 18 * 60),)),
    depth=1,
)


@dataclass
class Clients:
    """A site at which each application says what it is; `asked` are the pages on which their owner
    is asked, and `codes` what they show, each with the place of its text.
    """

    port: int = 0
    said: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Told] = field(default_factory=dict)
    codes: dict[str, Told] = field(default_factory=dict)

    def at(self, name: str, document: dict[str, Any], *, own_id: bool = True) -> str:
        """The id of the one that says so of itself."""
        url = f"http://127.0.0.1:{self.port}/{name}"
        self.said[f"/{name}"] = document | ({"client_id": url} if own_id else {})
        return url


@asynccontextmanager
async def described() -> AsyncIterator[Clients]:
    clients = Clients()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
        writer.write(head + json.dumps(clients.said[path]).encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    clients.port = server.sockets[0].getsockname()[1]
    async with server:
        yield clients


async def documents(world: World, clients: Clients) -> None:
    """In each field of what an application says of itself."""
    await together(
        _described(world, clients, at, said)
        for at in [*leaves(DOCUMENT), ("name",), ("jwks_uri",)]
        for said in _texts(world, str(next(one for one in reversed(at) if isinstance(one, str))))
    )


async def _described(world: World, clients: Clients, at: Place, said: Said) -> None:
    kind, text, mark = said
    document = put({**DOCUMENT, at[0]: DOCUMENT.get(str(at[0]), "x")}, at, text)
    client = clients.at(mark, document, own_id=at[0] != "client_id")
    redirect = document["redirect_uris"][0]
    about = "document", str(at), kind, mark
    await _authorize(world, clients, about, _good(client, redirect))
    await _device(world, clients, about, {"client_id": client})


async def parameters(world: World, clients: Clients) -> None:
    """In each parameter of each path, and of each grant."""
    client = clients.at("plain", DOCUMENT)
    await together(
        _sent(world, clients, path, (name, said), client, grant)
        for path, names in PATHS.items()
        for name in [*names.split(), *OPEN]
        for grant in (GRANTS if path.endswith("token") else ("",))
        for said in _texts(world, name)
    )


async def details(world: World, clients: Clients) -> None:
    """In each field of `authorization_details`, and as the name of one."""
    client, good = clients.at("asking", DOCUMENT), mandates.as_details(ASKS)
    for at in [*leaves(good), ("other",), ("<name>",)]:
        name = next(one for one in reversed(at) if isinstance(one, str))
        for kind, text, mark in _texts(world, name):
            if at == ("<name>",):
                asked = {**good, text: "x"}
            else:
                asked = put({**good, at[0]: good.get(str(at[0]), "x")}, at, text)
            beside = {"authorization_details": json.dumps([asked])}
            about = "authorization_details", str(at), kind, mark
            await _authorize(world, clients, about, {**_good(client, BACK), **beside})
            await _device(world, clients, about, {"client_id": client, **beside})


def _texts(world: World, name: str) -> Iterator[Said]:
    """As elsewhere; short enough for a name, and at the end of a link where one belongs."""
    for kind in TEXTS if name in READ else {world.rotation.kind(name), "short order"}:
        yield kind, *hostile(kind)
    if name.endswith(("_uri", "_uris")):
        for kind in ("short markup", "short order"):
            text, mark = hostile(kind)
            plain = text.replace(" ", "%20")
            yield f"{kind}, in a link", f"https://app.example/{plain}?x={plain}", mark


def _good(client: str, redirect: str) -> dict[str, str]:
    return {
        "client_id": client,
        "redirect_uri": redirect,
        "response_type": "code",
        "state": "x",
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }


async def _sent(
    world: World, clients: Clients, path: str, what: tuple[str, Said], client: str, grant: str
) -> None:
    name, (kind, text, mark) = what
    about = path, f"{grant} {name}".strip(), kind, mark
    if path.endswith("authorize"):
        await _authorize(world, clients, about, {**_good(client, BACK), name: text})
    elif path.endswith("device_authorization"):
        await _device(world, clients, about, {"client_id": client, name: text})
    else:
        given = {"grant_type": grant, "client_id": client, **_BESIDE, name: text}
        _note(world, about, await _post(world, path, given))


_BESIDE = {
    "token": "x",
    "code": "x",
    "code_verifier": "v" * 43,
    "device_code": "x",
    "refresh_token": "x",
    "subject_token": "x",
    "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    "authorization_details": json.dumps([mandates.as_details(replace(ASKS, machines=None))]),
}


async def _authorize(
    world: World, clients: Clients, about: tuple[str, str, str, str], given: dict[str, str]
) -> None:
    query = urlencode(given, errors="surrogatepass")
    if len(query) > 32_000:  # longer than any address that a server reads
        return
    answer = await world.http.get(f"/oauth/authorize?{query}")
    told = _note(world, about, answer)
    if answer.status_code == httpx.codes.SEE_OTHER:
        clients.asked[answer.headers["location"]] = told


async def _device(
    world: World, clients: Clients, about: tuple[str, str, str, str], given: dict[str, str]
) -> None:
    answer = await _post(world, "/oauth/device_authorization", given)
    told = _note(world, about, answer)
    if answer.is_success:
        clients.codes[answer.json()["user_code"]] = told


async def _post(world: World, path: str, given: dict[str, str]) -> httpx.Response:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode(given, errors="surrogatepass")
    return await world.http.post(path, content=body, headers=kind)


def _note(world: World, about: tuple[str, str, str, str], answer: httpx.Response) -> Told:
    said, headers = as_json(answer.text), dict(answer.headers.items())
    told = Told(*about, answer.status_code, headers, said, answer.text)
    world.note(told)
    return told
