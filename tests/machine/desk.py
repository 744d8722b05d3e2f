"""The other side of the contract: a desk that stores in memory and signs what it stored."""

import asyncio
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gmqtt import Client
from gmqtt import Subscription as To
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

from thingdesk.platform import cloudevents
from thingdesk_machine import Identity

Event = dict[str, Any]
Answer = Callable[[str, Event], Event | None]
"""A refusal (its data) for an event of a machine, or None to take it."""


def take(_machine: str, _event: Event) -> Event | None:
    return None


def digest(event: Event) -> str:
    return cloudevents.canonical_hash(event)


@dataclass
class Desk:
    """What arrived, and what is answered."""

    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"))
    answer: Answer = take
    stored: dict[tuple[str, str], Event] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    arrivals: list[list[Event]] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    silent: bool = False
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def keys(self) -> list[dict[str, Any]]:
        return [{**self.key.as_dict(private=False), "kid": self.key.thumbprint()}]

    def signed(self, machine: str, events: list[Event], /, **changes: Any) -> str:
        """A receipt for these; `changes` to its claims, header or key make it a forged one."""
        key = changes.pop("key", self.key)
        header = {
            "alg": "EdDSA",
            "kid": changes.pop("kid", key.thumbprint()),
            "typ": changes.pop("typ", "thingdesk-receipt+jwt"),
        }
        claims = {
            "iss": "thingdesk",
            "sub": machine,
            "iat": int(time.time()),
            "events": [self._line(event) for event in events],
            **changes,
        }
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):
            return jws.serialize_compact(header, json.dumps(claims), key, algorithms=["EdDSA"])

    def _line(self, event: Event) -> Event:
        line = {"id": event["id"], "hash": digest(event)}
        if event["type"] == "thingdesk.report":
            line["case"] = f"case-of-{event['id']}"
            line["hops"] = event.get("hops", 0) + 1
        return line

    async def take(self, machine: str, payload: bytes) -> tuple[list[Event], list[Event]]:
        """Stores what is new; the events to be receipted, and the refusals of the others."""
        value = json.loads(payload)
        events = value if isinstance(value, list) else [value]
        taken, refused = [], []
        for event in events:
            refusal = self.answer(machine, event)
            if refusal is not None:
                refused.append({"event": event["id"], **refusal})
                continue
            known = self.stored.setdefault((machine, event["id"]), event)
            if digest(known) != digest(event):
                self.differing.append(event["id"])
            if known is event:
                self.order.append(event["id"])
            taken.append(event)
        async with self.arrived:
            self.arrivals.append(events)
            self.arrived.notify_all()
        return taken, refused

    async def has(self, what: Callable[["Desk"], Any], within: float = 20.0) -> Any:
        """What `what` returns once that is true of the desk."""
        async with asyncio.timeout(within), self.arrived:
            await self.arrived.wait_for(lambda: what(self))
            return what(self)

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.stored.values() if event["type"] == f"thingdesk.{kind}"]


class MqttDesk:
    """A Desk behind a broker; it survives the broker's restarts."""

    def __init__(self, desk: Desk, version: int, login: tuple[str, str, str | None]) -> None:
        self.desk = desk
        self.version = version
        self.most = 1000
        client_id, name, password = login
        self._client = Client(client_id, clean_session=False, session_expiry_interval=3600)
        self._client.set_auth_credentials(name, password)
        self._client.set_config({"reconnect_delay": 0.05})
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._listening = asyncio.Event()

    async def start(self, port: int) -> None:
        async with asyncio.timeout(60):
            await self._client.connect("127.0.0.1", port, version=self.version)
            await self._listening.wait()

    async def stop(self) -> None:
        await self._client.disconnect()

    def send(self, machine: str, name: str, value: Any) -> None:
        self._client.publish(f"td/{machine}/{name}", json.dumps(value).encode(), qos=1)

    def receipt(self, machine: str, signed: str) -> None:
        self.send(machine, "receipts", {"type": "thingdesk.receipt", "data": {"receipt": signed}})

    def notify(self, machine: str, notice: str, hops: int | None = None, **data: Any) -> None:
        body = {"notice": notice, "kind": "case.opened", "case": None, "words": "", "data": data}
        passed_on = {} if hops is None else {"hops": hops}
        self.send(machine, "notices", {"type": "thingdesk.notice", "data": body, **passed_on})

    def command(self, machine: str, command: str, **changes: Any) -> None:
        self.send(machine, "commands", command_event(command, **changes))

    def recall(self, machine: str, command: str) -> None:
        data = {"command": command, "case": "case-1", "reason": "The owner said stop."}
        self.send(machine, "commands", {"type": "thingdesk.recall", "data": data})

    def _on_connect(self, client: Client, *_: Any) -> None:
        topics = ("signals", "reports", "acks", "results")
        client.subscribe([To(f"td/+/{topic}", qos=1) for topic in topics])

    def say(self, machine: str, name: str, payload: bytes) -> None:
        self._client.publish(f"td/{machine}/{name}", payload, qos=1)

    def _on_subscribe(self, *_: Any) -> None:
        self._listening.set()

    async def _on_message(self, _client: Any, topic: str, payload: bytes, *_: Any) -> int:
        machine, name = topic.split("/")[1:]
        if isinstance(value := json.loads(payload), list) and len(value) > self.most:
            return 0  # as if it were lost
        taken, refused = await self.desk.take(machine, payload)
        if self.desk.silent:
            return 0
        if taken and name != "acks":
            self.receipt(machine, self.desk.signed(machine, taken))
        for refusal in refused:
            self.send(machine, "receipts", {"type": "thingdesk.refusal", "data": refusal})
        return 0


def command_event(command: str, hops: int | None = None, **changes: Any) -> Event:
    body = {
        "command": command,
        "case": "case-1",
        "name": "restart",
        "arguments": {},
        "expires": (datetime.now(UTC) + timedelta(minutes=5)).isoformat(),
        "preconditions": {},
        **changes,
    }
    passed_on = {} if hops is None else {"hops": hops}
    return {"type": "thingdesk.command", "data": body, **passed_on}


def token_of(token: str, identity: Identity) -> dict[str, Any]:
    """The claims of a machine's token. Raises what joserfc raises when it is no good."""
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):
        verified = jws.deserialize_compact(token, identity.key, algorithms=["EdDSA"])
    claims: dict[str, Any] = json.loads(verified.payload)
    return claims


def results(desk: Desk) -> list[Event]:
    return [
        event["data"]
        for message in desk.arrivals
        for event in message
        if event["type"] == "thingdesk.result"
    ]
