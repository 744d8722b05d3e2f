"""The doors of a running desk, as whoever stands before them knocks: with whatever they show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from gmqtt.mqtt.handler import MQTTConnectError
from tests.access.making import BASE, Key, proof_of
from tests.channels.mcp.talking import MODERN
from tests.desk import DeskProcess
from tests.line import Line
from tests.parties.making import Signing

from thingdesk.platform import ids

PATHS = {
    "http": "/v1/cases",
    "tickets": "/tmf-api/troubleTicket/v5/troubleTicket",
    "mcp": "/mcp",
    "a2a": "/a2a",
}
DOORS = (*PATHS, "mqtt")
PROVING = tuple(PATHS)
"""Those at which a key can be proven with each request."""
_SPOKEN = {"mcp-protocol-version": MODERN, "a2a-version": "1.0"}
_ACCEPT = {"accept": "application/json, text/event-stream"}


@dataclass
class Doors:
    """Of a desk that is called by the name of `tests.access.making`."""

    desk: DeskProcess
    http: httpx.AsyncClient

    async def knock(
        self, at: str, who: Signing, token: str, key: Key | None = None, **proof: Any
    ) -> str:
        """The code with which who knocks is refused; empty where they are let in. With a `key` the
        token comes with a proof by it.
        """
        if at == "mqtt":
            return await self._connect(who, token)
        answer = await self._call(at, token, key, proof)
        if answer.is_success:
            return ""
        assert answer.status_code == httpx.codes.UNAUTHORIZED, answer.text
        assert "www-authenticate" in answer.headers
        found: str = answer.json()["code"]
        return found

    async def _connect(self, who: Signing, token: str) -> str:
        one = Line(who)
        try:
            await one.open(self.desk.mqtt_port, token)
        except MQTTConnectError:
            return "token_refused"
        await one.close()
        return ""

    async def _call(
        self, at: str, token: str, key: Key | None, proof: dict[str, Any]
    ) -> httpx.Response:
        path = PATHS[at]
        method = "POST" if at in ("mcp", "a2a") else "GET"
        headers = {**_ACCEPT, "authorization": f"{'DPoP' if key else 'Bearer'} {token}"}
        if key:
            told = {"token": token, "url": f"{BASE}{path}", "method": method, **proof}
            headers["dpop"] = proof_of(key, **told)
        if method == "GET":
            return await self.http.get(path, headers=headers)
        return await self.http.post(
            path, json=_BODIES[at](), headers={**headers, **_SPOKEN, **_METHOD[at]}
        )

    async def ask_for(self, at: str, who: Signing, subject: str, given: dict[str, Any]) -> str:
        """The code with which `who` is refused that asks for a repair of `subject`."""
        if at == "mqtt":
            return await self._report(who, subject, given)
        body, headers = _ASKS[at](subject, given), _METHOD.get(f"{at} ask", {})
        headers = {**_ACCEPT, **_SPOKEN, **headers, "authorization": f"Bearer {who.token()}"}
        path = f"/v1/services/vehicle.repair?subject={subject}" if at == "http" else PATHS[at]
        answer = await self.http.post(path, json=body, headers=headers)
        return _code_in(answer.json())

    async def _report(self, who: Signing, subject: str, given: dict[str, Any]) -> str:
        one = Line(who)
        await one.open(self.desk.mqtt_port)
        await one.subscribe(f"td/{who.machine}/receipts")
        data = {"service": "vehicle.repair", "input": given, "subject": subject}
        event = {
            "specversion": "1.0",
            "id": str(ids.new()),
            "source": "wire",
            "type": "thingdesk.report",
            "data": data,
        }
        said = await one.say("reports", event)
        await one.close()
        return _code_in(said)


def _code_in(said: Any) -> str:
    """The first code of a refusal that is in an answer, whatever its form."""
    if isinstance(said, dict):
        if isinstance(code := said.get("code"), str) and {"reason", "detail"} & set(said):
            return code
        said = list(said.values())
    if isinstance(said, list):
        return next((code for one in said if (code := _code_in(one))), "")
    return ""


def _rpc(method: str, params: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def _mcp(method: str, **params: Any) -> dict[str, Any]:
    meta = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return _rpc(method, {**params, "_meta": meta})


def _message(subject: str, given: dict[str, Any]) -> dict[str, Any]:
    asked = {"service": "vehicle.repair", "input": given, "subject": subject}
    message = {"messageId": str(ids.new()), "role": "ROLE_USER", "parts": [{"data": asked}]}
    configuration = {"returnImmediately": True}
    return _rpc("SendMessage", {"message": message, "configuration": configuration})


_BODIES = {"mcp": lambda: _mcp("tools/list"), "a2a": lambda: _rpc("ListTasks", {})}
_METHOD: dict[str, dict[str, str]] = {
    "mcp": {"mcp-method": "tools/list"},
    "a2a": {},
    "mcp ask": {"mcp-method": "tools/call", "mcp-name": "vehicle.repair"},
}
_ASKS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "http": lambda _, given: given,
    "tickets": lambda subject, given: {
        "@type": "TroubleTicket",
        "ticketType": "vehicle.repair",
        "description": "It misfires.",
        "severity": "Major",
        "relatedEntity": [
            {"@type": "Ref", "role": "subject", "entity": {"@type": "Machine", "id": subject}}
        ],
        "troubleTicketCharacteristic": [
            {"name": name, "value": one, "@type": "StringCharacteristic"}
            for name, one in given.items()
        ],
    },
    "mcp": lambda subject, given: _mcp(
        "tools/call", name="vehicle.repair", arguments={**given, "subject": subject}
    ),
    "a2a": _message,
}
