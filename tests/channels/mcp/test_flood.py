"""A machine that floods over MCP slows down nobody else, here and at the next worker."""

from pathlib import Path

import httpx
from tests.channels.mcp.talking import MODERN
from tests.flooding import flood_of_one, two_webs
from tests.parties.making import Signing

from thingdesk.platform.database import Database

META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}


async def ask(http: httpx.AsyncClient, who: Signing) -> httpx.Response:
    headers = {
        "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {who.token()}",
        "mcp-protocol-version": MODERN,
        "mcp-method": "resources/list",
    }
    said = {"jsonrpc": "2.0", "id": 7, "method": "resources/list", "params": {"_meta": META}}
    return await http.post("/mcp", json=said, headers=headers)


async def test_who_floods_is_told_when_to_come_again_and_all_others_are_served(
    tmp_path: Path, database: Database, database_url: str
) -> None:
    async with two_webs(tmp_path, database_url) as webs:
        flood = await flood_of_one(database, webs, ask)
    for answers in flood.served.values():
        assert [one.json()["result"]["resources"] for one in answers] == [[]] * len(answers)
    for refused in flood.refused:
        assert int(refused.headers["retry-after"]) >= 1
        assert "ratelimit" in refused.headers
        assert refused.headers["content-type"] == "application/json"
        said = refused.json()
        assert (said["jsonrpc"], said["id"], said["error"]["code"]) == ("2.0", None, -32603)
        told = said["error"]["data"]
        assert (told["code"], told["recovery"]) == ("too_many_calls", "retry")
        assert "next one may come in" in said["error"]["message"]
