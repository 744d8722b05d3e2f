"""Sessions of 2025-11-25: any worker goes on with them, and nobody else can."""

from typing import Any

import httpx
from tests.channels.mcp.talking import HANDSHAKE, Place
from tests.journeys.garage import MISFIRE
from tests.parties.making import Signing

OPEN = {
    "protocolVersion": HANDSHAKE,
    "capabilities": {"elicitation": {"url": {}}},
    "clientInfo": {"name": "outside", "version": "1"},
}


async def _say(
    place: Place, who: Signing, method: str, params: Any = None, *, at: int = 0, **more: str
) -> httpx.Response:
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {who.token()}",
        **({} if method == "initialize" else {"mcp-protocol-version": HANDSHAKE}),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(place.urls[at], json=body, headers=headers)


async def _begun(place: Place, who: Signing) -> str:
    answer = await _say(place, who, "initialize", OPEN)
    assert f'"protocolVersion":"{HANDSHAKE}"' in answer.text.replace(" ", "")
    return answer.headers["mcp-session-id"]


async def test_a_session_goes_on_at_another_worker(place: Place) -> None:
    who = await place.car()
    name = await _begun(place, who)
    call = {"name": "vehicle.repair", "arguments": MISFIRE}
    for at in (1, 0, 1):
        answer = await _say(place, who, "tools/call", call, at=at, mcp_session_id=name)
        assert answer.status_code == 200
        assert '"state":"open"' in answer.text.replace(" ", "")
        assert answer.headers["mcp-session-id"] == name


async def test_a_session_is_its_callers_alone(place: Place) -> None:
    who, other = await place.car(), await place.car()
    name = await _begun(place, who)
    for shown, session in ((other, name), (who, name[:-2] + "AA"), (who, "7")):
        for at in (0, 1):
            answer = await _say(place, shown, "tools/list", at=at, mcp_session_id=session)
            assert answer.status_code == 404
    assert (await _say(place, who, "tools/list")).status_code == 400


async def test_a_session_has_nothing_to_end(place: Place) -> None:
    who = await place.car()
    name = await _begun(place, who)
    headers = {"authorization": f"Bearer {who.token()}", "mcp-session-id": name}
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.delete(place.url, headers=headers)
    assert answer.status_code == 405
    assert (await _say(place, who, "tools/list", mcp_session_id=name)).status_code == 200


async def test_who_opens_ever_more_sessions_crowds_out_their_own(place: Place) -> None:
    who, other = await place.car(), await place.car()
    kept = await _begun(place, other)
    first = await _begun(place, who)
    for _ in range(20):
        await _begun(place, who)
    for shown, name in ((other, kept), (who, first)):
        assert (await _say(place, shown, "ping", mcp_session_id=name)).status_code == 200
