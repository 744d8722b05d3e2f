"""Tokens a second: by a machine's own key and by exchange, and calls that are recognised by them,
each beside what its signatures alone cost in the same run.

python benchmarks/bench_front_door.py
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import uvloop
from joserfc.jwk import OKPKey

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from thingdesk import access, app, mandates, parties
from thingdesk.access import Callers, Presented, Surface, TokenRequest, Tokens
from thingdesk.access.exchange import ACCESS_TOKEN
from thingdesk.access.jose import verify
from thingdesk.access.tokens import ASSERTION, CLIENT_CREDENTIALS, EXCHANGE
from thingdesk.mandates import Terms
from thingdesk.parties.signatures import sign
from thingdesk.platform import clock, garbage, ids
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings

BASE = "https://desk.example.org"
MACHINES, EACH, AT_ONCE, ROUNDS = 50, 20, 50, 3
GIVEN = Terms(services=("*",), depth=1)
LESS = Terms(services=("vehicle.*",))


class Asking:
    """A machine that asks with its own key."""

    def __init__(self, number: int) -> None:
        self.name = f"machine-{number}"
        self.key = OKPKey.generate_key("Ed25519")
        self.x = str(self.key.as_dict(private=False)["x"])
        self.kid = parties.thumbprint(self.x)

    def assertion(self) -> str:
        now = int(clock.now().timestamp())
        claims = {"iss": self.name, "sub": self.name, "aud": BASE, "exp": now + 60}
        return sign(self.key, self.kid, "JWT", {**claims, "jti": ids.secret()})

    def asks(self, grant: str, **more: str) -> TokenRequest:
        form = {
            "grant_type": grant,
            "client_assertion_type": ASSERTION,
            "client_assertion": self.assertion(),
            **more,
        }
        return TokenRequest(access.machine_client(self.name), form)


async def register(database: Database) -> list[Asking]:
    machines = [Asking(number) for number in range(MACHINES)]
    async with database.transaction() as tx:
        owner = await parties.add_owner(tx, parties.NewOwner("o@example.org", "O", "UTC"))
        new = parties.NewOwner("o@example.org", "O", "UTC")
        known = [parties.NewMachine(one.name, "car", key=one.x, owner=new) for one in machines]
        await parties.register(tx, known)
        await mandates.grant(tx, owner.id, GIVEN)
        await parties.desk_key(tx)
    return machines


async def rate(acts: list[Callable[[], Awaitable[Any]]]) -> float:
    """How many a second, so many at once."""
    left = iter(acts)

    async def go_on() -> None:
        for act in left:
            await act()

    began = time.perf_counter()
    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return len(acts) / (time.perf_counter() - began)


def signatures(machine: Asking, checks: int, signs: int) -> float:
    """How often a second one core does the signatures of one alone."""
    jwk, number = parties.as_jwk(machine.x), 300
    shown = [machine.assertion() for _ in range(number)]
    began = time.perf_counter()
    for one in shown:
        for _ in range(checks):
            verify(one, jwk, None)
        for _ in range(signs):
            sign(machine.key, machine.kid, "at+jwt", {"sub": one[:300]})
    return number / (time.perf_counter() - began)


def tell(name: str, rates: list[float], limits: list[float]) -> None:
    part = median(rates) / median(limits)
    print(f"{name}: {median(rates):.0f}/s, {min(rates):.0f} to {max(rates):.0f}")
    print(f"   its signatures alone: {median(limits):.0f}/s; {part:.2f} of it")


async def measure(database: Database, machines: list[Asking]) -> None:
    found: dict[str, tuple[list[float], list[float]]] = {
        name: ([], []) for name in ("tokens by own key", "tokens by exchange", "calls recognised")
    }
    details = orjson.dumps([mandates.as_details(LESS)]).decode()
    async with Tokens(database, BASE) as tokens, Callers(database, BASE) as callers:
        for _ in range(ROUNDS):
            asked = [one.asks(CLIENT_CREDENTIALS) for one in machines for _ in range(EACH)]
            made: list[str] = []

            async def own(asks: TokenRequest, made: list[str] = made) -> None:
                made.append((await tokens.make(asks)).token)

            async def call(token: str) -> None:
                await callers.recognise(Presented(token), Surface.HTTP)

            rates, limits = found["tokens by own key"]
            rates.append(await rate([partial(own, one) for one in asked]))
            limits.append(signatures(machines[0], 1, 1))
            rates, limits = found["calls recognised"]
            rates.append(await rate([partial(call, one) for one in made]))
            limits.append(signatures(machines[0], 1, 0))
            wide = {one.name: (await tokens.make(one.asks(CLIENT_CREDENTIALS))) for one in machines}
            kinds = {"subject_token_type": ACCESS_TOKEN, "authorization_details": details}
            narrower = [
                one.asks(EXCHANGE, subject_token=wide[one.name].token, **kinds)
                for one in machines
                for _ in range(EACH)
            ]
            rates, limits = found["tokens by exchange"]
            rates.append(await rate([partial(tokens.make, one) for one in narrower]))
            limits.append(signatures(machines[0], 2, 1))
    for name, (rates, limits) in found.items():
        tell(name, rates, limits)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with app.database(Settings(data_dir=Path(folder))) as database:
            await app.migrate_all(database)
            machines = await register(database)
            garbage.look_seldom()
            await measure(database, machines)


if __name__ == "__main__":
    uvloop.run(main())
