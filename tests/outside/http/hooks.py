"""What no schema says of a call, so that calls get as far as the desk's answer: what is there, what
is unique, and what belongs together.
"""

import os
from typing import Any
from uuid import uuid4

import schemathesis

_HAS = os.environ
# what is drawn is never there
_IDS = {
    "/cases/{case_id}": {"case_id": _HAS["CASE"]},
    "/cases/{case_id}/events": {"case_id": _HAS["CASE"]},
    "/cases/{case_id}/withdraw": {"case_id": _HAS["CASE"]},
    "/hooks/{hook_id}": {"hook_id": _HAS["HOOK"]},
    "/jobs/{token}": {"token": _HAS["JOB"]},
    "/hub/{id}": {"id": _HAS["HUB"]},
    "/troubleTicket/{id}": {"id": _HAS["CASE"]},
    "/troubleTicketSpecification/{id}": {"id": "vehicle.repair"},
}
_CODE = {"@type": "StringCharacteristic", "name": "code", "value": "P0301"}
# None: is left out
_BODIES: dict[str, dict[str, Any]] = {
    # an owner is called there
    "POST /services/person.ask": {"reach": "+49 30 1234567", "case": _HAS["CASE"]},
    # a place in the queue that there is, and a time at which staff work
    "POST /services/person.hold": {"hold": _HAS["HOLD"]},
    "POST /services/person.here": {"hold": _HAS["HOLD"]},
    "POST /services/person.leave": {"hold": _HAS["HOLD"]},
    "POST /services/person.call_back": {"hold": _HAS["HOLD"], "at": _HAS["CALL_AT"]},
    # within a week from now
    "POST /jobs/{token}": {"arrival": _HAS["ARRIVAL"]},
    # an address that takes a test message
    "POST /hooks": {"url": _HAS["URL"], "case": _HAS["CASE"]},
    "POST /hub": {"callback": _HAS["URL"], "query": None},
    # the characteristics of a ticket are the input of the service that it names, its entities the
    # caller's machines, and an id of theirs is for one ticket
    "POST /troubleTicket": {
        "ticketType": "vehicle.repair",
        "troubleTicketCharacteristic": [_CODE],
        "troubleTicketSpecification": None,
        "relatedEntity": None,
        "externalIdentifier": None,
    },
}


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    wrong_in = {at.value for at, one in case.meta.components.items() if one.mode.is_negative}
    if "path" not in wrong_in and case.meta.phase.name.value != "stateful":
        case.path_parameters.update(_IDS.get(case.path, {}))
    if "query" not in wrong_in and "subject" in case.query:
        case.query["subject"] = _HAS["MACHINE"]
    if "header" not in wrong_in:
        _head(case.headers)
    if "body" not in wrong_in:
        _fill(case.body, _BODIES.get(case.operation.label, {}))
    elif case.operation.label == "POST /troubleTicket" and isinstance(case.body, dict):
        _fit(case.body)


def _head(headers: Any) -> None:
    # a key is for one request
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid4())
    if "Thingdesk-Subject" in headers:
        headers["Thingdesk-Subject"] = _HAS["MACHINE"]


def _fill(body: Any, fitting: dict[str, Any]) -> None:
    # an id is for one event
    for event in body if isinstance(body, list) else [body]:
        if isinstance(event, dict) and "specversion" in event:
            event["id"] = str(uuid4())
    for name, value in fitting.items() if isinstance(body, dict) else ():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value


def _fit(ticket: dict[str, Any]) -> None:
    """What is wrong with a ticket stays wrong; all else is as it should be."""
    if isinstance(ticket.get("ticketType"), str):
        ticket["ticketType"] = "vehicle.repair"
    named = ticket.get("troubleTicketSpecification")
    if isinstance(named, dict) and isinstance(named.get("id"), str):
        named["id"] = "vehicle.repair"
    if ticket.get("troubleTicketCharacteristic", []) == []:
        ticket["troubleTicketCharacteristic"] = [_CODE]
