"""Reports as they come in, and how each was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from thingdesk.cases import report_store as store
from thingdesk.cases.hops import read_hops
from thingdesk.cases.model import Answer, Report
from thingdesk.parties import MACHINE_ID
from thingdesk.platform import clock, cloudevents
from thingdesk.platform.cloudevents import Envelope
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Refusal, Refused, refuse
from thingdesk.platform.repeats import Arrival, arrivals

_FIELDS = {"service", "input", "subject"}


def read_report(machine: str, event: Envelope) -> Report:
    """The report in an event of type `thingdesk.report`; raises Refused, field by field."""
    data = event.data
    if set(data) - _FIELDS:
        raise _bad("data", "has other fields", "send service, input and, if need be, subject")
    service, given = data.get("service"), data.get("input", {})
    subject = data.get("subject", machine)
    if not isinstance(service, str):
        raise _bad("data.service", "is missing", "name a service of GET /v1/catalog")
    if not isinstance(given, Mapping):
        raise _bad("data.input", "is no object", "send the service's input")
    if not isinstance(subject, str) or not MACHINE_ID.fullmatch(subject):
        raise _bad("data.subject", "is no machine id", "leave it out to report about yourself")
    return Report(
        machine,
        event.id,
        bytes.fromhex(event.hash),
        event.time,
        service,
        given,
        subject,
        hops=read_hops(event.attributes.get("hops")),
    )


async def note_reports(tx: Transaction, reports: Sequence[Report]) -> list[Answer | Refusal | None]:
    """Note reports by their ids. None for a new one; the former answer for a repeated one.

    A concurrent repeat waits here until the first one is committed. The same id with other
    content is refused.
    """
    new = await store.know(tx, reports, clock.now())
    known = await store.known(tx, [one for one in reports if _key(one) not in new])
    hashes = {key: before[0] for key, before in known.items()}
    became = arrivals([(_key(one), one.hash) for one in reports], new, hashes)
    return [_again(*each, known) for each in zip(reports, became, strict=True)]


async def was_reported(tx: Transaction, reporter: str, event_id: str) -> bool:
    """Whether a report with this id was answered lately, so that it would be a repeat."""
    return await store.has(tx, reporter, event_id)


def answer_report(tx: Transaction, report: Report, answer: Answer) -> None:
    """Keep the answer, for repeats."""
    store.answer(tx, report, answer)


async def answered_at_once(
    tx: Transaction, reporter: str, most: int = 20
) -> list[tuple[datetime, dict[str, Any]]]:
    """What instant services answered to a machine in the last days, the newest first, and when."""
    return await store.answered_at_once(tx, reporter, most)


async def drop_reports(tx: Transaction, reports: Sequence[Report]) -> None:
    """Forget new reports that were refused after all: nothing of them stays."""
    if reports:
        await store.drop(tx, reports)


def _again(
    one: Report, became: Arrival, known: Mapping[tuple[str, str], tuple[bytes, Answer]]
) -> Answer | Refusal | None:
    if became is Arrival.NEW:
        return None
    if became is Arrival.REUSED_ID:
        return cloudevents.reused(one.event_id)
    # a repeat within the same group has no answer yet: its twin's is sent for it
    before = known[_key(one)][1] if _key(one) in known else Answer(None, None)
    return before if before.case_id else replace(before, hops=one.hops)


def _key(one: Report) -> tuple[str, str]:
    return one.reporter, one.event_id


def _bad(path: str, problem: str, mend: str) -> Refused:
    return refuse("bad_report", f"{path} {problem}", fields=(FieldError(path, problem, mend),))
