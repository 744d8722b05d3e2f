"""A fleet as a process of its own: many machines report at once over MQTT, again and again until
each event has its receipt. It writes what it heard as JSON lines; SIGTERM ends it.

`python -m tests.intake.flood PORT REPORTS TIMES < keys`: a line of keys is a machine's id and its
private key. With REPORTS 0 the machines send signals for as long as they run.
"""

import asyncio
import json
import signal as signals
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Any

from joserfc.jwk import OKPKey
from tests.line import Line
from tests.parties.making import Signing
from tests.saying import report, signal

from thingdesk_machine.receipts import DeskKeys

_AT_ONCE = 20
_AHEAD = 20


def say(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


async def read(line: Line, keys: DeskKeys) -> None:
    """Write down the receipts of one machine."""
    while True:
        for event in await line.heard(None):
            if event["type"] == "thingdesk.receipt":
                for one in keys.check(event["data"]["receipt"], line.who.machine):
                    say(machine=line.who.machine, event=one.event, hash=one.hash, case=one.case)
            else:
                say(machine=line.who.machine, refused=event["data"])


async def report_all(line: Line, reports: int, times: int) -> None:
    """The same problem in so many reports, each of them so many times, all at once."""
    many = [report(line.who.machine, id=f"{line.who.machine}:{n}") for n in range(reports)]
    for _ in range(times):
        for one in many:
            line.send("reports", one)


async def go_on(line: Line) -> None:
    """Signals without an end, as fast as they can be written."""
    for n in count():
        line.send("signals", signal(line.who.machine, id=f"{line.who.machine}:{n}"))
        if n % _AHEAD == 0:
            await line.flushed()


async def main(port: int, reports: int, times: int, lines: Iterable[str]) -> None:
    desk, *fleet = [json.loads(one) for one in lines]
    machines = [Line(Signing(one["id"], OKPKey.import_key(one["key"]))) for one in fleet]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def open_(line: Line) -> None:
        async with gate:
            await line.open(port)
            await line.subscribe(f"td/{line.who.machine}/receipts")

    await asyncio.gather(*(open_(line) for line in machines))
    say(ready=len(machines))
    work: Callable[[Line], Awaitable[None]] = (
        (lambda line: report_all(line, reports, times)) if reports else go_on
    )
    reading = [asyncio.create_task(read(line, DeskKeys(desk))) for line in machines]
    sending = [asyncio.ensure_future(work(line)) for line in machines]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signals.SIGTERM, stop.set)
    await stop.wait()
    for task in (*sending, *reading):
        task.cancel()
    with suppress(Exception):
        await asyncio.gather(*sending, *reading, return_exceptions=True)


if __name__ == "__main__":
    PORT, REPORTS, TIMES = (int(one) for one in sys.argv[1:])
    asyncio.run(main(PORT, REPORTS, TIMES, sys.stdin))
