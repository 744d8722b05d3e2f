"""An agent that floods over A2A slows down nobody else, here and at the next worker."""

from pathlib import Path

import httpx
import pytest
from tests.flooding import Ask, flood_of_one, two_webs
from tests.parties.making import Signing

from thingdesk.platform.database import Database


def headers(who: Signing) -> dict[str, str]:
    return {"authorization": f"Bearer {who.token()}", "a2a-version": "1.0"}


async def by_rpc(http: httpx.AsyncClient, who: Signing) -> httpx.Response:
    said = {"jsonrpc": "2.0", "id": 7, "method": "ListTasks", "params": {}}
    return await http.post("/a2a", json=said, headers=headers(who))


async def by_rest(http: httpx.AsyncClient, who: Signing) -> httpx.Response:
    return await http.get("/a2a/tasks", headers=headers(who))


@pytest.mark.parametrize("ask", [by_rpc, by_rest], ids=["JSONRPC", "HTTP+JSON"])
async def test_who_floods_is_told_when_to_come_again_and_all_others_are_served(
    tmp_path: Path, database: Database, database_url: str, ask: Ask
) -> None:
    async with two_webs(tmp_path, database_url) as webs:
        flood = await flood_of_one(database, webs, ask)
    for answers in flood.served.values():
        assert [one.status_code for one in answers] == [200] * len(answers)
        assert all("error" not in one.json() for one in answers)
    for refused in flood.refused:
        assert int(refused.headers["retry-after"]) >= 1
        assert "ratelimit" in refused.headers
        error = refused.json()["error"]
        if ask is by_rpc:
            assert (refused.json()["id"], error["code"]) == (None, -32603)
        else:
            assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
        told = error["data" if ask is by_rpc else "details"][0]["metadata"]
        assert (told["code"], told["recovery"]) == ("too_many_calls", "retry")
        assert "next one may come in" in error["message"]
