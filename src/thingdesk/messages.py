"""What goes down to machines, as CloudEvents: the same on every channel."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from thingdesk import cases
from thingdesk.fulfilment import SentCommand
from thingdesk.intake import Refusing
from thingdesk.notices import Outgoing
from thingdesk.platform import clock, cloudevents, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.parts import parts

_DESK = "thingdesk"
_MOST_BYTES = 128 * 1024


def answers(refused: Iterable[Refusing], receipts: Iterable[str]) -> list[dict[str, Any]]:
    """The refusals, and the receipts for what was stored."""
    signed = [_now("thingdesk.receipt", {"receipt": one}) for one in receipts]
    return [*(refusal(one) for one in refused), *signed]


def refusal(one: Refusing) -> dict[str, Any]:
    """Why an event was not taken."""
    return _now("thingdesk.refusal", one.as_data())


async def notices(tx: Transaction, told: Sequence[Outgoing]) -> list[dict[str, Any]]:
    """Notices, in order, as they go out now."""
    about = {one.notice.case_id for one in told if one.notice.case_id}
    hops = await cases.hops_of(tx, about)
    found = [(one, one.notice.case_id) for one in told]
    return [notice(one, hops[case_id] if case_id else None) for one, case_id in found]


def notice(one: Outgoing, hops: int | None) -> dict[str, Any]:
    """A notice; its event has the notice's id, in every attempt. `hops`: through how many hands
    the requests for its case had gone, None where it is about none.
    """
    told = one.notice
    data = {
        "notice": str(one.id),
        "kind": told.kind,
        "case": str(told.case_id) if told.case_id else None,
        "words": told.words,
        "data": told.data,
    }
    made = cloudevents.make(str(one.id), _DESK, "thingdesk.notice", one.told_at, data)
    return made if hops is None else _onward(made, hops)


def time(signed: str) -> dict[str, Any]:
    """The desk's signed word of what time it is."""
    return _now("thingdesk.time", {"time": signed})


async def commands(tx: Transaction, sent: Sequence[SentCommand]) -> list[dict[str, Any]]:
    """Commands and recalls, in order, as they go out now."""
    hops = await cases.hops_of(tx, {one.command.case_id for one in sent})
    return [command(one, hops[one.command.case_id]) for one in sent]


def command(one: SentCommand, hops: int) -> dict[str, Any]:
    """A command, or its recall; the event has the same id in every attempt. `hops`: through how
    many hands the requests for its case had gone.
    """
    sent = one.command
    data = {"command": str(one.id), "case": str(sent.case_id)}
    if one.recalled_at is not None:
        data["reason"] = one.recall_reason or ""
        kind = "thingdesk.recall"
        made = cloudevents.make(f"recall-{one.id}", _DESK, kind, one.recalled_at, data)
        return _onward(made, hops)
    order = {
        "name": sent.name,
        "arguments": sent.arguments,
        "expires": sent.expires.isoformat(),
        "preconditions": sent.preconditions,
    }
    made = cloudevents.make(str(one.id), _DESK, "thingdesk.command", clock.now(), data | order)
    return _onward(made, hops)


def payloads(events: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """The events as JSON, one as it is and several as a batch, in as many payloads as it takes:
    an answer can be much longer than what it answers, and brokers end the connection of whoever
    sends them too much at once.
    """
    texts = (orjson.dumps(event) for event in events)
    return map(_joined, parts(texts, _size, _MOST_BYTES))


def _size(text: bytes) -> int:
    return len(text) + 1


def _joined(part: list[bytes]) -> bytes:
    return part[0] if len(part) == 1 else b"[" + b",".join(part) + b"]"


def _onward(event: dict[str, Any], hops: int) -> dict[str, Any]:
    """The event with what whoever passes on what it tells has to say."""
    return {**event, "hops": hops + 1}


def _now(kind: str, data: dict[str, Any]) -> dict[str, Any]:
    return cloudevents.make(str(ids.new()), _DESK, kind, clock.now(), data)
