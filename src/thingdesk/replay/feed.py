"""Sending what is due when it is due, each machine over its own connection."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from thingdesk.platform import clock
from thingdesk.replay.recorded import Recorded
from thingdesk.replay.times import Due
from thingdesk_machine import Machine, MachineError, Receipt

_AT_ONCE = 100
"""Rows between two looks at the desk: as many as fit into one message."""


@dataclass(slots=True)
class Sent:
    """What became of the rows: receipted, of these those that were so before, and refused."""

    begun: int
    receipts: int = 0
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


async def feed(
    machines: Mapping[str, Machine],
    due: Sequence[Due],
    speed: float | None,
    stand_still: Callable[[], Awaitable[float]],
    progress: Callable[[int], None],
) -> Sent:
    """Send all, `speed` times faster than it was recorded or, with None, as fast as receipts come.

    After each lot of rows is receipted, `stand_still` may hold the recording's time, and says for
    how many seconds it did.
    """
    loop = asyncio.get_running_loop()
    began, sent, at = loop.time(), Sent(int(clock.now().timestamp())), 0
    while at < len(due):
        upto = min(at + _AT_ONCE, len(due))
        if speed is not None:
            passed = (loop.time() - began) * speed
            early = _offset(due, at) - passed
            if early > 0:
                await asyncio.sleep(early / speed)
                continue
            while _offset(due, upto - 1) > passed:
                upto -= 1
        await _send(machines, [one.recorded for one in due[at:upto]], sent)
        progress(upto - at)
        began += await stand_still()
        at = upto
    return sent


def _offset(due: Sequence[Due], at: int) -> float:
    return (due[at].at - due[0].at).total_seconds()


async def _send(machines: Mapping[str, Machine], rows: Sequence[Recorded], sent: Sent) -> None:
    answers = await asyncio.gather(
        *(_signal(machines[row.machine], row) for row in rows), return_exceptions=True
    )
    for row, answer in zip(rows, answers, strict=True):
        match answer:
            case Receipt():
                sent.receipts += 1
                sent.known += answer.at.timestamp() < sent.begun
            case MachineError():
                sent.refused.append((row.event_id, str(answer)))
            case BaseException():
                raise answer


async def _signal(machine: Machine, row: Recorded) -> Receipt | None:
    return await machine.signal(
        row.values,
        codes=row.codes,
        position=row.position,
        at=row.at,
        event_id=row.event_id,
        wait=True,
    )
