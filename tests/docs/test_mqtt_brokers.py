"""The page about brokers that ask the desk: what it configures is asked as the broker would."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.docs.pages import titled
from tests.docs.reader import Reader, reading

from thingdesk.platform import clock
from thingdesk_machine import Identity

PAGE = "docs/how-to/mqtt-brokers.md"
pytestmark = pytest.mark.timeout(300)


def emqx_asks(reader: Reader, path: str, **known: str) -> httpx.Response:
    """What EMQX sends by the page's configuration, its placeholders replaced by what is known."""
    text = reader.text(titled(PAGE, "emqx.conf"))
    (part,) = re.findall(
        rf'url = "([^"]+/{path})"\s+headers \{{(.*?)\}}\s+body \{{(.*?)\n +\}}', text, re.DOTALL
    )
    url, headers, body = part
    given = dict(re.findall(r'(\w+) = "\$\{(\w+)\}"', body))
    return httpx.post(
        url,
        headers=dict(re.findall(r'"([\w-]+)" = "([^"]+)"', headers)),
        content=json.dumps({name: known.get(of, "") for name, of in given.items()}),
    )


def options(reader: Reader) -> dict[str, str]:
    text = reader.text(titled(PAGE, "mosquitto.conf"))
    return dict(re.findall(r"^auth_opt_http_(\w+) (.+)$", text, re.MULTILINE))


def go_auth_asks(reader: Reader, uri: str, **given: Any) -> httpx.Response:
    own = options(reader)
    assert (own["params_mode"], own["response_mode"]) == ("json", "status")
    shown, host = own["host"].split("@")
    basic = base64.b64encode(shown.encode()).decode()
    url = f"http://{host}:{own['port']}{own[uri]}"
    return httpx.post(url, json=given, headers={"Authorization": f"Basic {basic}"})


async def test_brokers_ask_the_desk(tmp_path: Path, database_url: str) -> None:
    async with reading(tmp_path, THINGDESK_DATABASE_URL=database_url) as reader:
        desk = await reader.start(titled(PAGE, "desk"))
        await desk.says("Ready", within=90)
        assert await reader.run(titled(PAGE, "ask")) == titled(PAGE, "answered").strip()

        identity = Identity.create("press-1")
        line = {"id": "press-1", "kind": "press", "model": "press", "key": identity.public_jwk}
        (tmp_path / "presses.jsonl").write_text(json.dumps(line))
        await reader.run("thingdesk machines presses.jsonl")
        name = {"username": "press-1", "clientid": "press-1"}
        shows = {**name, "password": identity.token(clock.now)}
        answer = emqx_asks(reader, "authentication", **shows).json()
        assert answer["result"] == "allow"
        assert answer["expire_at"]
        wants = {**name, "action": "publish", "topic": "td/press-1/reports"}
        assert emqx_asks(reader, "authorization", **wants).json() == {"result": "allow"}
        assert go_auth_asks(reader, "getuser_uri", **shows).status_code == httpx.codes.OK
        assert go_auth_asks(reader, "superuser_uri", username="press-1").status_code == 403
        wants = {**name, "topic": "td/press-1/receipts"}
        assert go_auth_asks(reader, "aclcheck_uri", **wants, acc=4).status_code == httpx.codes.OK
        assert go_auth_asks(reader, "aclcheck_uri", **wants, acc=2).status_code == 403
        assert not reader.left(PAGE)
