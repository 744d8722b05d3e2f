"""What becomes of a group of messages of one kind, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from thingdesk import access, fulfilment, notices, parties, signals
from thingdesk.access import Surface
from thingdesk.cases import Answer
from thingdesk.flow import Flow
from thingdesk.intake.errors import UNRECOGNISED
from thingdesk.intake.model import Item, Kind, Message, Settled, all_refused, settled, under
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
    """Store what machines sent that are heard at this moment; the others are refused."""
    heard = await _heard(known, kind, tx, group)
    said = [(one.machine, item) for one in heard if one for item in one.items]
    if kind is not Kind.SIGNALS:  # which note by themselves that a machine was seen
        for machine in {one.machine for one in heard if one}:
            parties.said(tx, machine)
    answers = iter(await _HANDLERS[kind](flow, tx, said))
    return [
        settled(one, islice(answers, len(one.items))) if one else all_refused(sent, UNRECOGNISED)
        for sent, one in zip(group, heard, strict=True)
    ]


async def _heard(
    known: Known, kind: Kind, tx: Transaction, group: Sequence[Message]
) -> Sequence[Message | None]:
    """The same, None for each that is not heard. Who asks under a mandate may have no key of their
    own, but none that was revoked; what a broker brings of such a machine is under the mandate
    that it was given for there. Its signals are not heard: what is found in them is mended under
    the standing mandate.
    """
    good = await known(tx, sorted({one.machine for one in group}))
    others = sorted({one.machine for one in group} - good)
    if not others:
        return group
    if kind is Kind.SIGNALS:
        return [one if one.machine in good else None for one in group]
    keyless = await parties.keyless(tx, others)
    given = await access.by_grant(tx, sorted(keyless), Surface.MQTT)

    def of(one: Message) -> Message | None:
        if one.machine in good or (one.mandated and one.machine in keyless):
            return one
        return under(one, given[one.machine]) if one.machine in given else None

    return [of(one) for one in group]


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
