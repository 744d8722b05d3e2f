from collections.abc import Sequence

from thingdesk import cases
from thingdesk.cases import Opened, Opening
from thingdesk.catalog import Service
from thingdesk.journeys import store
from thingdesk.journeys.events import JourneyStarted
from thingdesk.journeys.model import Facts, facts_of
from thingdesk.journeys.telling import tell_subject
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.durable import Priority
from thingdesk.platform.errors import Refusal
from thingdesk.timeline import append


async def start(
    tx: Transaction,
    asks: Sequence[tuple[Opening, Service]],
    answers: Sequence[Opened | Refusal],
) -> None:
    """Of what was asked for and answered so: each case that is new or came back gets a journey of
    its service, which runs from this transaction's commit on, and its subject hears of it.
    """
    begun = [
        (opening, service, one)
        for (opening, service), one in zip(asks, answers, strict=True)
        if isinstance(one, Opened) and (one.new or one.reopened)
    ]
    reopened = [one.case_id for _, _, one in begun if one.reopened]
    turns = await cases.get_many(tx, reopened) if reopened else {}
    for opening, service, one in begun:
        turn = turns[one.case_id].reopened if one.reopened else 0
        _start(tx, service, facts_of(opening, one, turn))
        tell_subject(tx, opening, one)


def _start(tx: Transaction, service: Service, facts: Facts) -> None:
    run_id = ids.new()
    store.start(tx, (run_id, facts.case_id, service.name, service.version, clock.now()))
    # safety goes first
    priority = Priority.SAFETY if service.safety else Priority.NORMAL
    durable.start(tx, run_id, service.code, facts.as_data(), priority=priority)
    event = JourneyStarted(str(run_id), service.name, service.version)
    append(tx, f"case:{facts.case_id}", event)
