"""Hostile text in what agents send: arguments and `_meta` of tools, and messages, with metadata."""

import json
from typing import Any

import httpx
from tests.contracts.hostile import OPEN, Place, leaves, made, places, put, resolved
from tests.contracts.looking import mcp
from tests.contracts.telling import Said, noted, texts, together
from tests.contracts.world import Told, World
from tests.journeys.garage import MISFIRE

from thingdesk.platform import ids

_META: dict[str, Any] = {
    "progressToken": "x",
    "io.modelcontextprotocol/clientInfo": {"name": "x", "title": "x", "version": "1"},
    "other": "x",
}
_MESSAGE: dict[str, Any] = {
    "messageId": "x",
    "contextId": "x",
    "taskId": "x",
    "role": "ROLE_USER",
    "metadata": {"other": "x"},
    "extensions": ["x"],
    "referenceTaskIds": ["x"],
    "parts": [
        {"text": "x", "metadata": {"other": "x"}},
        {"data": {"service": "x", "input": {"code": "x", "other": "x"}, "subject": "x"}},
    ],
}
_NEEDED = ("messageId", "role", "parts")


async def tools(world: World) -> None:
    """By the schema of each tool; and beside the arguments."""
    car = await world.car()
    listed = (await mcp(world, car, "tools/list")).json()["result"]["tools"]
    await together(
        _tool(world, tool["name"], made(schema, at, said[1]), {}, (str(at), said))
        for tool in listed
        for schema in [resolved(tool["inputSchema"], tool["inputSchema"])]
        for at in [*places(schema), *((one,) for one in OPEN)]
        for said in texts(world, at[-1])
    )
    await together(
        _tool(world, "vehicle.repair", MISFIRE, put(_META, at, said[1]), (f"_meta {at}", said))
        for at in leaves(_META)
        for said in texts(world, at[-1])
    )


async def _tool(
    world: World, name: str, given: Any, meta: dict[str, Any], about: tuple[str, Said]
) -> None:
    car = await world.car()
    place, (kind, _, mark) = about
    answer = await mcp(world, car, "tools/call", meta, name=name, arguments=given)
    _noted(world, ("mcp", f"{name} {place}", kind, mark), answer, car.id)


async def messages(world: World) -> None:
    """In each part of a message, one that asks for a repair where the text is elsewhere."""
    await together(
        _message(world, at, said) for at in leaves(_MESSAGE) for said in texts(world, at[-1])
    )


async def _message(world: World, at: Place, said: Said) -> None:
    car = await world.car()
    kind, text, mark = said
    asked = {"service": "vehicle.repair", "input": MISFIRE}
    message = {name: one for name, one in _MESSAGE.items() if name in (*_NEEDED, at[0])}
    message |= {"messageId": str(ids.new()), "parts": [{"data": asked}]}
    if at[0] == "parts":
        message["parts"] = [{"data": asked}, {"text": "x", "metadata": {"other": "x"}}]
        at = ("parts", *((1, *at[2:]) if at[1] == 0 else (0, *at[2:])))
    with_text = _planted(message, at, text)
    params = {"message": with_text, "configuration": {"returnImmediately": True}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": params}
    headers = {
        "authorization": f"Bearer {car.signing.token()}",
        "a2a-version": "1.0",
        "content-type": "application/json",
    }
    answer = await world.http.post("/a2a", content=json.dumps(body), headers=headers)
    _noted(world, ("a2a", str(at), kind, mark), answer, car.id)


def _planted(body: Any, at: Place, text: str) -> Any:
    """The same with `text` at that place, which need not be there yet."""
    if not at:
        return text
    if isinstance(body, list):
        return [_planted(one, at[1:], text) if n == at[0] else one for n, one in enumerate(body)]
    return {**body, at[0]: _planted(body.get(at[0], {}), at[1:], text)}


def _noted(world: World, about: tuple[str, str, str, str], answer: httpx.Response, by: str) -> None:
    """As refused, whatever the status says, where the answer is an error."""
    noted(world, about, answer, by)
    said = world.told[-1].said or {}
    if answer.is_success and ("error" in said or said.get("result", {}).get("isError")):
        last = world.told.pop()
        world.note(Told(*about, 422, last.headers, said, last.raw, by))
