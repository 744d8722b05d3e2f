"""A fleet as a process of its own, as lean as it can be: what it costs is not the desk's.

`python benchmarks/fleet.py < plan.json` does what the plan says and writes what came of it as
one line of JSON. A plan is a `Plan`; `through` is mqtt or http.
"""

import asyncio
import base64
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.session import Session


@dataclass
class Plan:
    """`count` events of each of `machines` (id and token), `batch` to a message, `window` events
    of a machine under way. `rate`: events a second of all of them together, None for as fast as
    they are answered. `kind` is reports or signals; without `receipts` nobody waits for any.
    `same`: all reports of a machine are of one problem.
    """

    through: str
    port: int
    machines: list[tuple[str, str]]
    kind: str = "reports"
    service: str = "vehicle.repair"
    count: int = 1
    window: int = 10
    batch: int = 1
    rate: float | None = None
    receipts: bool = True
    first: int = 0
    connections: int = 32
    same: bool = False


@dataclass
class Ledger:
    """What the fleet saw: seconds from sending to the receipt by event, and what was refused."""

    sent: dict[str, float] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    began: float = 0.0
    ended: float = 0.0

    def receipt(self, signed: str) -> int:
        """Note what was signed for; how many events it was."""
        now = time.perf_counter()
        body = signed.split(".", 2)[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        for one in claims["events"]:
            begun = self.sent.pop(one["id"], None)
            if begun is not None:
                self.waits.append(now - begun)
        self.ended = now
        return len(claims["events"])

    def told(self) -> dict[str, Any]:
        waits = sorted(self.waits)
        return {
            "receipted": len(waits),
            "missing": len(self.sent),
            "refused": len(self.refused),
            "refusals": self.refused[:3],
            "seconds": self.ended - self.began,
            "median": median(waits) if waits else None,
            "p99": waits[int(len(waits) * 0.99)] if waits else None,
            "most": waits[-1] if waits else None,
        }


def code(n: int) -> str:
    """A trouble code of its own for each number below 16,384: another problem."""
    return f"P{n >> 12 & 3}{n & 0xFFF:03X}"


def event(plan: Plan, machine: str, n: int) -> tuple[str, str]:
    """The id and the JSON of the n-th event of a machine."""
    name = f"{machine}:{plan.kind}:{n}"
    if plan.kind == "signals":
        data = f'{{"values":{{"engine_coolant_temperature":{80 + n % 20},"speed":{n % 90}}}}}'
    else:
        data = f'{{"service":"{plan.service}","input":{{"code":"{code(0 if plan.same else n)}"}}}}'
    return name, (
        f'{{"specversion":"1.0","id":"{name}","source":"td/{machine}",'
        f'"type":"thingdesk.{plan.kind[:-1]}","time":"{datetime.now(UTC).isoformat()}",'
        f'"data":{data}}}'
    )


def messages(plan: Plan) -> list[range]:
    """The numbers of the events of each message of a machine."""
    numbers = range(plan.first, plan.first + plan.count)
    return [numbers[at : at + plan.batch] for at in range(0, plan.count, plan.batch)]


def payload(plan: Plan, ledger: Ledger, machine: str, numbers: range) -> bytes:
    made = [event(plan, machine, n) for n in numbers]
    now = time.perf_counter()
    if plan.receipts:
        ledger.sent.update((name, now) for name, _ in made)
    written = ",".join(one for _, one in made)
    return (written if len(made) == 1 else f"[{written}]").encode()


class Pace:
    """Lets so many through a second, evenly; at once without a rate."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = time.perf_counter()

    async def turn(self, events: int) -> None:
        if not self._gap:
            return
        now = time.perf_counter()
        self._next = max(self._next + self._gap * events, now - 0.1)
        if self._next > now:
            await asyncio.sleep(self._next - now)


class Line:
    """A machine's MQTT session."""

    def __init__(self, plan: Plan, ledger: Ledger, machine: str, token: str) -> None:
        self._plan, self._ledger, self._machine, self._token = plan, ledger, machine, token
        self._room = asyncio.Semaphore(plan.window)
        self._session: Session | None = None

    async def open(self) -> None:
        hears = f"td/{self._machine}/receipts" if self._plan.receipts else None
        self._session = await Session.open(
            self._plan.port, self._machine, self._token, hears, self._heard
        )

    def _heard(self, said: bytes) -> None:
        answers = json.loads(said)
        for one in answers if isinstance(answers, list) else [answers]:
            if one["type"] == "thingdesk.receipt":
                answered = self._ledger.receipt(one["data"]["receipt"])
            else:
                self._ledger.refused.append(one["data"])
                answered = 1
            for _ in range(answered):
                self._room.release()

    async def send(self, pace: Pace) -> None:
        assert self._session
        topic = f"td/{self._machine}/{self._plan.kind}"
        for numbers in messages(self._plan):
            await pace.turn(len(numbers))
            if self._plan.receipts:
                for _ in numbers:
                    await self._room.acquire()
            made = payload(self._plan, self._ledger, self._machine, numbers)
            self._session.publish(topic, made, qos=1 if self._plan.receipts else 0)
            if not self._plan.receipts:
                await self._session.room()

    async def settled(self) -> None:
        """Returns when all messages are answered."""
        if self._plan.receipts:
            for _ in range(self._plan.window):
                await self._room.acquire()

    async def close(self) -> None:
        assert self._session
        await self._session.close()


async def by_mqtt(plan: Plan, ledger: Ledger) -> None:
    lines = [Line(plan, ledger, *one) for one in plan.machines]
    for at in range(0, len(lines), 20):
        await asyncio.gather(*(one.open() for one in lines[at : at + 20]))
    print("ready", file=sys.stderr, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    pace = Pace(plan.rate)
    ledger.began = time.perf_counter()
    await asyncio.gather(*(one.send(pace) for one in lines))
    await asyncio.gather(*(one.settled() for one in lines))
    ledger.ended = max(ledger.ended, time.perf_counter()) if not plan.receipts else ledger.ended
    await asyncio.gather(*(one.close() for one in lines))


async def post(plan: Plan, ledger: Ledger, work: asyncio.Queue[Any], pace: Pace) -> None:
    """One connection that is kept, a request at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", plan.port)
    while not work.empty():
        (machine, token), numbers = work.get_nowait()
        await pace.turn(len(numbers))
        body = payload(plan, ledger, machine, numbers)
        head = (
            f"POST /v1/{plan.kind} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answered = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answered.split(b"content-length:")[1].split(b"\r\n")[0])
        said = json.loads(await reader.readexactly(length))
        for signed in said.get("receipts", ()):
            ledger.receipt(signed)
        if said.get("refused", True):
            ledger.refused.append(said)
    writer.close()


async def by_http(plan: Plan, ledger: Ledger) -> None:
    work: asyncio.Queue[Any] = asyncio.Queue()
    of_each = [[(one, numbers) for numbers in messages(plan)] for one in plan.machines]
    for turn in zip(*of_each, strict=True):
        for one in turn:
            work.put_nowait(one)
    print("ready", file=sys.stderr, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    ledger.began = time.perf_counter()
    pace = Pace(plan.rate)
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.connections):
            group.create_task(post(plan, ledger, work, pace))


async def main() -> None:
    plan = Plan(**json.loads(sys.stdin.readline()))
    ledger = Ledger()
    await (by_mqtt if plan.through == "mqtt" else by_http)(plan, ledger)
    print(json.dumps(ledger.told()))


if __name__ == "__main__":
    uvloop.run(main())
