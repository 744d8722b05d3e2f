"""Reading everybody's ledgers, while they are being written."""

from pathlib import Path

from thingdesk.demo.notes import read_notes
from thingdesk.demo.plan import Plan
from thingdesk.demo.tally import Records
from thingdesk.platform import clock
from thingdesk_machine import EventRecord, Ledger, NoticeRecord, QueueUnreadable


def read_records(folder: Path, plan: Plan) -> Records:
    """What machines, providers and owners have noted so far."""
    at = clock.now()
    events: dict[str, list[EventRecord]] = {}
    notices: dict[str, list[NoticeRecord]] = {}
    for machine in plan.machines:
        try:
            with Ledger(folder / "queues" / f"{machine.id}.queue") as ledger:
                events[machine.id] = list(ledger.events())
                notices[machine.id] = list(ledger.notices())
        except QueueUnreadable:
            continue  # it has not begun yet
    return Records(events, notices, list(read_notes(folder / "notes")), at)
