from uuid import UUID

from thingdesk.catalog import Service
from thingdesk.journeys import store
from thingdesk.journeys.events import JourneyStarted
from thingdesk.journeys.model import Facts
from thingdesk.platform import clock, durable, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.durable import Priority
from thingdesk.timeline import append


def start(tx: Transaction, service: Service, facts: Facts) -> UUID:
    """Let `service` run for a case from this transaction's commit on. Safety goes first."""
    run_id = ids.new()
    store.start(tx, (run_id, facts.case_id, service.name, service.version, clock.now()))
    priority = Priority.SAFETY if service.safety else Priority.NORMAL
    durable.start(tx, run_id, service.code, facts.as_data(), priority=priority)
    event = JourneyStarted(str(run_id), service.name, service.version)
    append(tx, f"case:{facts.case_id}", event)
    return run_id
