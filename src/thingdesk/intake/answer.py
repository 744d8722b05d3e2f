"""What becomes of a group of messages of one kind, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from thingdesk import fulfilment, notices, parties, signals
from thingdesk.cases import Answer
from thingdesk.flow import Flow
from thingdesk.intake.errors import UNRECOGNISED
from thingdesk.intake.model import Item, Kind, Message, Settled, all_refused, settled
from thingdesk.platform import cloudevents
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Refusal, Refused

_Said = Sequence[tuple[str, Item]]
"""Events with the machines that sent them."""

_Answers = Sequence[Answer | Refusal | None]
"""In order; None is for what is stored and has no more to say."""


Known = Callable[[Transaction, Sequence[str]], Awaitable[frozenset[str]]]
"""Which of these machines are heard at this moment."""


async def answer(
    flow: Flow, known: Known, kind: Kind, tx: Transaction, group: Sequence[Message]
) -> list[Settled]:
    """Store what machines sent that are heard at this moment; the others are refused. Who asks
    under a mandate may have no key of their own, but none that was revoked.
    """
    good = await known(tx, sorted({one.machine for one in group}))
    if others := {one.machine for one in group if one.mandated} - good:
        good |= await parties.keyless(tx, sorted(others))
    said = [(one.machine, item) for one in group if one.machine in good for item in one.items]
    if kind is not Kind.SIGNALS:  # which note by themselves that a machine was seen
        for machine in good:
            parties.said(tx, machine)
    answers = iter(await _HANDLERS[kind](flow, tx, said))
    return [
        settled(one, islice(answers, len(one.items)))
        if one.machine in good
        else all_refused(one, UNRECOGNISED)
        for one in group
    ]


async def _signals(flow: Flow, tx: Transaction, said: _Said) -> _Answers:
    taken = await flow.take_signals(tx, [item.said for _, item in said])
    return [
        cloudevents.reused(item.event_id) if became is signals.Arrival.REUSED_ID else None
        for (_, item), became in zip(said, taken, strict=True)
    ]


async def _reports(flow: Flow, tx: Transaction, said: _Said) -> _Answers:
    return await flow.take_reports(tx, [item.said for _, item in said])


async def _acks(_: Flow, tx: Transaction, said: _Said) -> _Answers:
    return await notices.acknowledge_many(tx, [(machine, item.said) for machine, item in said])


async def _results(_: Flow, tx: Transaction, said: _Said) -> _Answers:
    answers: list[Refusal | None] = []
    for machine, item in said:
        command, status, detail = item.said
        try:
            await fulfilment.settle_command(tx, command, machine, status, detail)
        except Refused as refused:
            answers.append(refused.refusal)
        else:
            answers.append(None)
    return answers


_HANDLERS: dict[Kind, Callable[[Flow, Transaction, _Said], Awaitable[_Answers]]] = {
    Kind.SIGNALS: _signals,
    Kind.REPORTS: _reports,
    Kind.ACKS: _acks,
    Kind.RESULTS: _results,
}
