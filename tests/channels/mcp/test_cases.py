"""Cases as resources, and hearing that they have changed."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from mcp.client.subscriptions import ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp_types import ResourceUpdatedNotification
from tests.channels.mcp.talking import (
    HANDSHAKE,
    MODERN,
    TASKS,
    Place,
    a_client,
    case_of,
    error,
    result,
)
from tests.journeys.garage import MISFIRE
from tests.parties.making import Signing

from thingdesk import parties
from thingdesk.platform import ids

REPAIR = "vehicle.repair"
ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


async def test_a_case_is_a_resource_with_what_happened(place: Place) -> None:
    who = await place.car()
    case = case_of(await place.call(who, REPAIR, MISFIRE))
    await place.hand.work()
    uri = f"case://{case}"
    listed = result(await place.post(who, "resources/list"))["resources"]
    assert [one["uri"] for one in listed] == [uri]
    said = result(await place.post(who, "resources/read", {"uri": uri}))
    assert (said["ttlMs"], said["cacheScope"]) == (0, "private")
    (content,) = said["contents"]
    told = json.loads(content["text"])
    assert (told["case"], told["state"]) == (str(case), "open")
    kinds = [one["kind"] for one in told["timeline"]]
    assert kinds[0] == "case.opened"
    assert "decision.asked" in kinds
    assert told["waiting"][0]["url"].endswith(f"/question/{told['waiting'][0]['id']}")


async def test_pages_of_cases_follow_on_each_other(place: Place) -> None:
    who = await place.car()
    asked = {str(case_of(await place.call(who, REPAIR, {"code": f"P03{n:02}"}))) for n in range(3)}
    listed = result(await place.post(who, "resources/list"))
    assert {one["name"] for one in listed["resources"]} == asked
    assert "nextCursor" not in listed
    wrong = await place.post(who, "resources/list", {"cursor": "7"})
    assert error(wrong)["data"]["code"] == "unfit_cursor"


async def test_what_is_none_of_theirs_is_not_there(place: Place) -> None:
    who, other = await place.car(), await place.car()
    theirs = f"case://{case_of(await place.call(other, REPAIR, MISFIRE))}"
    for uri in (theirs, f"case://{uuid4()}", "case://7", "file:///etc/passwd"):
        answer = await place.post(who, "resources/read", {"uri": uri})
        assert error(answer)["code"] == -32602
        assert error(answer)["data"]["uri"] == uri
    assert result(await place.post(who, "resources/list"))["resources"] == []


async def test_who_listens_hears_of_their_cases_alone(place: Place) -> None:
    who, other = await place.car(), await place.car()
    mine = f"case://{case_of(await place.call(who, REPAIR, MISFIRE))}"
    theirs = f"case://{case_of(await place.call(other, REPAIR, MISFIRE))}"
    async with (
        a_client(place.urls[1], who, mode=MODERN) as client,
        client.listen(resource_subscriptions=[mine, theirs]) as heard,
    ):
        assert heard.honored.resource_subscriptions == [mine]
        await place.hand.work()
        async with asyncio.timeout(60):
            assert await anext(heard) == ResourceUpdated(uri=mine)


async def test_a_task_is_told_on_the_stream(place: Place) -> None:
    who = await place.car()
    case = str(case_of(await place.call(who, REPAIR, MISFIRE)))
    async with asyncio.timeout(60):
        async for said in _said(place, who, {"taskIds": [case]}):
            if said["method"] == ACKNOWLEDGED:
                assert said["params"]["notifications"]["taskIds"] == [case]
                await place.hand.work()
            if said["method"] == "notifications/tasks":
                break
    assert (said["params"]["taskId"], said["params"]["status"]) == (case, "working")


async def test_who_listens_is_told_when_they_may_no_more(place: Place) -> None:
    who = await place.car()
    mine = f"case://{case_of(await place.call(who, REPAIR, MISFIRE))}"
    other = f"case://{case_of(await place.call(who, REPAIR, {'code': 'P0302'}))}"
    async with asyncio.timeout(60):
        async for said in _said(place, who, {"resourceSubscriptions": [mine, other]}):
            if said.get("method") == ACKNOWLEDGED:
                await _revoke(place, who)
    assert said["error"]["data"]["code"] == "token_key_revoked"


async def _said(
    place: Place, who: Signing, notifications: dict[str, Any]
) -> AsyncIterator[dict[str, Any]]:
    """What comes on a stream, to its end."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {"extensions": {TASKS: {}}},
    }
    body = {
        "jsonrpc": "2.0",
        "id": "stream",
        "method": "subscriptions/listen",
        "params": {"_meta": meta, "notifications": notifications},
    }
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {who.token()}",
        "mcp-protocol-version": MODERN,
        "mcp-method": "subscriptions/listen",
    }
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("POST", place.url, json=body, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data:") and (text := line.removeprefix("data:").strip()):
                yield json.loads(text)


async def test_a_standing_stream_of_2025_ends_when_its_caller_may_no_more(place: Place) -> None:
    who = await place.car()
    uri = f"case://{case_of(await place.call(who, REPAIR, MISFIRE))}"
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {who.token()}",
        "mcp-protocol-version": HANDSHAKE,
    }
    about = {"name": "one", "version": "1"}
    begin = {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": about}
    async with httpx.AsyncClient(headers=headers, timeout=20) as client:
        ask = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": begin}
        opened = await client.post(place.url, json=ask)
        client.headers["mcp-session-id"] = opened.headers["mcp-session-id"]
        await client.post(place.url, json={"jsonrpc": "2.0", "method": "notifications/initialized"})
        ask = {"jsonrpc": "2.0", "id": 2, "method": "resources/subscribe", "params": {"uri": uri}}
        assert (await client.post(place.url, json=ask)).status_code == 200
        async with asyncio.timeout(60), client.stream("GET", place.url) as standing:
            assert standing.status_code == 200
            await _revoke(place, who)
            assert "resources/updated" not in (await standing.aread()).decode()
        assert (await client.post(place.url, json=ask)).status_code == 401


async def _revoke(place: Place, who: Signing) -> None:
    async with place.hand.database.transaction() as tx:
        await parties.revoke_key(tx, who.kid, "stolen")


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
async def test_a_session_of_2025_hears_on_its_standing_stream(place: Place) -> None:
    who = await place.car()
    uri = f"case://{case_of(await place.call(who, REPAIR, MISFIRE))}"
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def on(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.put_nowait(message.params.uri)

    async with a_client(place.url, who, mode="legacy", message_handler=on) as client:
        await client.session.subscribe_resource(uri)
        await client.session.subscribe_resource(uri)
        await place.hand.work()
        async with asyncio.timeout(60):
            assert await heard.get() == uri
        await client.session.unsubscribe_resource(uri.upper().replace("CASE", "case"))
        with pytest.raises(MCPError, match="no such case"):
            await client.session.subscribe_resource(f"case://{ids.new()}")


@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
async def test_a_case_that_is_spelled_in_many_ways_is_subscribed_to_once(place: Place) -> None:
    who = await place.car()
    codes = ("P0301", "P0302", "P0303")
    asked = [case_of(await place.call(who, REPAIR, {"code": one})) for one in codes]
    case_id, *others = asked
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def on(message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            heard.put_nowait(message.params.uri)

    async def hears_of(one: UUID) -> set[str]:
        """All that is heard until this case is, which is withdrawn now."""
        await place.call(who, "case_withdraw", {"case": str(one)})
        found = set[str]()
        async with asyncio.timeout(60):
            while f"case://{one}" not in found:
                found.add(await heard.get())
        return found

    digits = list(case_id.hex)
    async with a_client(place.url, who, mode="legacy", message_handler=on) as client:
        # more than a session may subscribe to
        for n in range(80):
            at = n % len(digits)
            digits[at] = digits[at].swapcase()
            spelled = f"{'' if n % 2 else 'urn:uuid:'}{''.join(digits)}"
            await client.session.subscribe_resource(f"case://{spelled}")
        await place.hand.work()
        async with asyncio.timeout(60):
            assert await heard.get() == f"case://{case_id}"
        await client.session.unsubscribe_resource(f"case://{{{case_id}}}")
        for one in others:
            await client.session.subscribe_resource(f"case://{one}")
        # what was told before the end of the subscription comes before this
        await hears_of(others[0])
        await place.call(who, "case_withdraw", {"case": str(case_id)})
        assert f"case://{case_id}" not in await hears_of(others[1])
