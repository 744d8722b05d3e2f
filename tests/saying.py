"""What machines say, for tests that talk to a running desk; receipts are checked by hand."""

import json
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey

from tests.parties.making import Signing, an_owner, signing, unique
from thingdesk import fulfilment
from thingdesk.fulfilment import StockLine
from thingdesk.parties import (
    NewMachine,
    NewOwner,
    NewProvider,
    Position,
    register,
    register_provider,
)
from thingdesk.platform.database import Database
from thingdesk_machine.canonical import canonical

Event = dict[str, Any]


def event(machine: str, kind: str, data: Any, **changes: Any) -> Event:
    return {
        "specversion": "1.0",
        "id": unique("event"),
        "source": f"td/{machine}",
        "type": f"thingdesk.{kind}",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
        **changes,
    }


def signal(machine: str, values: dict[str, Any] | None = None, **changes: Any) -> Event:
    return event(machine, "signal", {"values": values or {"speed": 12.5}}, **changes)


def report(machine: str, code: str = "P0301", *, subject: str = "", **changes: Any) -> Event:
    """A report for which a case is opened; the same code is the same problem."""
    data = {"service": "vehicle.repair", "input": {"code": code}}
    return event(machine, "report", data | ({"subject": subject} if subject else {}), **changes)


def reading(machine: str, kwh: float, at: str, **changes: Any) -> Event:
    """A report that is answered at once."""
    given = {"register": "1.8.0", "kwh": kwh, "at": at}
    return event(machine, "report", {"service": "meter.reading", "input": given}, **changes)


def hash_of(one: Event) -> str:
    return sha256(canonical(one)).hexdigest()


def receipt(signed: str, keys: Sequence[dict[str, Any]], machine: str) -> list[Event]:
    """What a receipt says of each event, once its signature, type and addressee are good."""
    header = json.loads(_decoded(signed.split(".", maxsplit=1)[0]))
    assert header["typ"] == "thingdesk-receipt+jwt"
    assert header["alg"] == "EdDSA"
    (key,) = [one for one in keys if one["kid"] == header["kid"]]
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):
        verified = jws.deserialize_compact(signed, OKPKey.import_key(key), algorithms=["EdDSA"])
    claims = json.loads(verified.payload)
    assert claims["iss"] == "thingdesk"
    assert claims["sub"] == machine
    events: list[Event] = claims["events"]
    return events


def receipts(
    signed: Sequence[str], keys: Sequence[dict[str, Any]], machine: str
) -> dict[str, Event]:
    """What several receipts say, by event id."""
    return {one["id"]: one for part in signed for one in receipt(part, keys, machine)}


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


@dataclass
class Caller:
    """A machine that calls the desk over HTTP."""

    signing: Signing
    http: httpx.AsyncClient

    @property
    def id(self) -> str:
        return self.signing.machine

    async def call(self, method: str, path: str, token: str | None = None, **more: Any) -> Any:
        bearer = {"Authorization": f"Bearer {token or self.signing.token()}"}
        return await self.http.request(method, path, headers=bearer, **more)

    async def get(self, path: str) -> Any:
        answer = await self.call("GET", path)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    async def say(self, kind: str, said: Any) -> httpx.Response:
        answer: httpx.Response = await self.call("POST", f"/v1/{kind}", json=said)
        return answer

    async def receipts(self, kind: str, *said: Event) -> dict[str, Event]:
        """What the desk's receipt says, by event id; nothing may be refused."""
        answer = await self.say(kind, said[0] if len(said) == 1 else list(said))
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.json()["refused"] == []
        return await self.verified(answer)

    async def verified(self, answer: httpx.Response) -> dict[str, Event]:
        keys = (await self.http.get("/v1/desk")).json()["keys"]
        return receipts(answer.json()["receipts"], keys, self.id)

    async def case_of(self, one: Event) -> str:
        """The case of a report."""
        case: str = (await self.receipts("reports", one))[one["id"]]["case"]
        return case


async def a_caller(
    database: Database, http: httpx.AsyncClient, *, owner: NewOwner | None = None
) -> Caller:
    """A new machine with an owner: of their own, unless one is given."""
    made = signing(unique("car"))
    new = NewMachine(made.machine, "car", "car", key=made.x, owner=owner or an_owner())
    async with database.transaction() as tx:
        await register(tx, [new])
    return Caller(made, http)


async def a_centre(database: Database) -> None:
    """A repair centre, so that journeys have something to wait for: their owners' approval."""
    place = Position(52.52, 13.40)
    new = NewProvider("Centre", ("repair_centre",), ("engine",), place, email="jobs@example.org")
    async with database.transaction() as tx:
        centre = await register_provider(tx, new)
        await fulfilment.set_stock(tx, [StockLine(centre.id, "ignition_coil", 1000)])


def refused(answer: httpx.Response, status: int, code: str, recovery: str) -> list[Event]:
    """That it is a problem as RFC 9457 has it, and says how to go on; its fields."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    later = status == httpx.codes.SERVICE_UNAVAILABLE or code == "too_much_at_once"
    assert ("retry-after" in answer.headers) == later
    said = answer.json()
    assert said["code"] == code, said
    assert said["recovery"] == recovery, said
    assert said["status"] == status
    assert said["type"] == f"urn:thingdesk:problem:{code}"
    assert said["title"]
    assert said["detail"]
    fields: list[Event] = said["fields"]
    assert all(one["problem"] and one["mend"] for one in fields)
    return fields
