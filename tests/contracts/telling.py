"""Hostile text told to each surface, in every place of its own description, one after the other."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

import httpx
from tests.contracts.hostile import (
    GOOD,
    TEXTS,
    Place,
    Schema,
    hostile,
    made,
    places,
    resolved,
)
from tests.contracts.world import Told, World, as_json
from tests.saying import Caller

METHODS = ("get", "post", "put", "patch", "delete")
_AT_ONCE = 12
_TOO_LONG = 500
"""A line longer than any in a mail: refused for good, so that it does not come again."""
_NO_CASE = "00000000-0000-0000-0000-000000000009"
READ = frozenset(("description", "words", "about", "Subject", "body"))
"""Fields whose words are for people: each kind of text is tried in each."""
Said = tuple[str, str, str]
Where = tuple[str, str, str]
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/troubleTicket"): {
        "troubleTicketCharacteristic": [
            {"name": "code", "value": "P0301", "@type": "StringCharacteristic"}
        ]
    },
    ("patch", "/troubleTicket/{id}"): {"status": "cancelled"},
    ("post", "/jobs/{token}"): {"words": "Done."},
}
"""What else has to be there for the text to be taken, and no schema says."""
Tell = Callable[[World], Awaitable[None]]


def texts(world: World, name: object) -> Iterator[Said]:
    """A text and its mark, of the kind whose turn it is; of each kind where people read it. Where a
    link belongs, also at the end of a good one.
    """
    for kind in TEXTS if name in READ else [world.rotation.kind(str(name))]:
        yield kind, *hostile(kind)
    links = {"url": world.heard.url, "callback": world.heard.url, "reach": GOOD["reach"]}
    if link := links.get(str(name)):
        for kind in ("order", "short order"):
            text, mark = hostile(kind)
            yield f"{kind}, in a link", f"{link}?{quote(text)}", mark


async def together(tasks: Iterable[Awaitable[None]]) -> None:
    """All of them, a few at a time."""
    room = asyncio.Semaphore(_AT_ONCE)

    async def one(task: Awaitable[None]) -> None:
        async with room:
            await task

    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(one(task))


def noted(
    world: World, about: tuple[str, str, str, str], answer: httpx.Response, by: str = ""
) -> None:
    headers = dict(answer.headers.items())
    said = as_json(answer.text)
    world.note(Told(*about, answer.status_code, headers, said, answer.text, by))


def described(base: str) -> Tell:
    """Over HTTP, by the description of its own that stands at `base`."""

    async def tell(world: World) -> None:
        document = (await world.http.get(f"{base}/openapi.json")).json()
        await together(
            _operation(world, (base, path, method), operation, at, said)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if method in METHODS
            for operation in [resolved(operation, document)]
            for at in _fields(operation)
            for said in texts(world, at[1][-1])
        )

    return tell


def _body(operation: Any) -> Schema | None:
    body: Schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return body.get("schema")


def _fields(operation: Any) -> Iterator[tuple[str, Place]]:
    """Where text can stand in a request: in which of its parts, and where in that."""
    for one in operation.get("parameters", []):
        if any(True for _ in places(one["schema"])):
            yield one["in"], (one["name"],)
    yield from (("body", at) for at in places(_body(operation) or {}))


async def _operation(
    world: World, where: Where, operation: Any, at: tuple[str, Place], said: Said
) -> None:
    base, path, method = where
    kind, text, mark = said
    held = {}
    if "{token}" in path and at[0] == "body":
        car, held["token"] = await world.job()
    else:
        car = await world.car()
    if "{case_id}" in path or "troubleTicket/{id}" in path:
        held["case_id"] = held["id"] = await world.case(car)
    about = base, f"{method} {path} {at[0]} {at[1]}", kind, mark
    if answer := await _call(world, car, where, operation, at, text, held):
        noted(world, about, answer, car.id)


async def _call(
    world: World,
    car: Caller,
    where: Where,
    operation: Any,
    at: tuple[str, Place],
    text: str,
    held: dict[str, str],
) -> httpx.Response | None:
    """The answer; None where no client could even send it."""
    (base, path, method), (part, place) = where, at
    given: dict[Any, str] = dict(held)
    if part == "path":
        given[place[0]] = text
    for one in operation.get("parameters", []):
        if one["in"] == "path":
            value = str(given.get(one["name"], _NO_CASE))
            path = path.replace(f"{{{one['name']}}}", quote(value, "", errors="surrogatepass"))
    headers = {b"authorization": f"Bearer {car.signing.token()}".encode()}
    if part == "header":
        headers[str(place[0]).encode()] = text.encode(errors="surrogatepass")
    query = f"?{place[0]}={quote(text, errors='surrogatepass')}" if part == "query" else ""
    content = None
    if schema := _body(operation):
        body = made(schema, place if part == "body" else None, text)
        content = json.dumps({**BESIDE.get((method, where[1]), {}), **body})
        headers[b"content-type"] = b"application/json"
    try:
        return await world.http.request(
            method.upper(), f"{base}{path}{query}", headers=list(headers.items()), content=content
        )
    except (httpx.LocalProtocolError, httpx.InvalidURL):
        return None
