"""Who is let in, and what is answered to everybody else."""

from typing import Any

import httpx
import pytest
from tests.channels.mcp.talking import MODERN, Place, error, result
from tests.parties.making import signing

from thingdesk.platform.cloudevents import MOST_BYTES


async def test_who_shows_no_token_is_told_where_to_get_one(place: Place) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(place.url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert answer.status_code == 401
    base = place.url.removesuffix("/mcp")
    bearer, dpop = answer.headers.get_list("www-authenticate")
    where = f'resource_metadata="{base}/.well-known/oauth-protected-resource/mcp"'
    assert bearer == f"Bearer {where}"
    assert dpop == f'DPoP algs="EdDSA ES256", {where}'
    assert answer.json()["code"] == "token_missing"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"aud": "https://else.example/mcp"}, "token_claims_wrong"),
        ({"iat": 1, "exp": 600}, "token_expired"),
    ],
)
async def test_a_token_for_another_place_or_time_is_refused(
    place: Place, changed: dict[str, Any], code: str
) -> None:
    who = await place.car()
    shown = f"Bearer {who.token(**changed)}"
    answer = await place.post(who, "tools/list", authorization=shown)
    assert answer.status_code == 401
    assert answer.json()["code"] == code
    assert all(
        'error="invalid_token"' in one for one in answer.headers.get_list("www-authenticate")
    )
    assert who.token(**changed) not in answer.text


async def test_a_machine_that_nobody_knows_is_refused(place: Place) -> None:
    answer = await place.post(signing(), "tools/list")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_key_unknown")


@pytest.mark.parametrize(
    ("header", "status"), [("host", 421), ("origin", 403)], ids=["host", "origin"]
)
async def test_a_page_of_somebody_else_cannot_call(place: Place, header: str, status: int) -> None:
    who = await place.car()
    wrong = "evil.example" if header == "host" else "https://evil.example"
    answer = await place.post(who, "tools/list", None, **_one(header, wrong))
    assert answer.status_code == status
    host = place.url.split("/")[2]
    right = host if header == "host" else f"http://{host}"
    assert result(await place.post(who, "tools/list", None, **_one(header, right)))["tools"]


async def test_a_body_is_bounded(place: Place) -> None:
    who = await place.car()
    given = {"name": "vehicle.repair", "arguments": {"code": "x" * MOST_BYTES}}
    assert (await place.post(who, "tools/call", given)).status_code == 413


async def test_who_says_two_things_is_told_so(place: Place) -> None:
    who = await place.car()
    answer = await place.post(who, "tools/list", mcp_method="tools/call")
    assert (answer.status_code, error(answer)["code"]) == (400, -32020)


async def test_what_the_desk_is_and_can_is_said(place: Place) -> None:
    said = result(await place.post(await place.car(), "server/discover"))
    assert said["supportedVersions"] == [MODERN]
    assert said["capabilities"]["extensions"] == {"io.modelcontextprotocol/tasks": {}}
    assert said["capabilities"]["tools"] == {"listChanged": False}
    assert said["capabilities"]["resources"] == {"subscribe": True, "listChanged": False}
    assert said["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "thingdesk"
    assert said["cacheScope"] == "private"


def _one(header: str, value: str) -> Any:
    return {header: value}
