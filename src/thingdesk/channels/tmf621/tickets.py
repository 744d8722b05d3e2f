"""A case as a ticket, and a service as a specification. Pure."""

from thingdesk import catalog
from thingdesk.cases import Outcome, State
from thingdesk.catalog import Service
from thingdesk.channels.tmf621.characteristics import Made, characteristic, specified
from thingdesk.dialogue import CaseView, Waiting

TICKET = "TroubleTicket"
SPECIFICATION = "TroubleTicketSpecification"
_ENDED = {
    Outcome.VERIFIED: "resolved",
    Outcome.FULFILLED: "resolved",
    Outcome.UNVERIFIED: "closed",
    Outcome.REFUSED: "rejected",
    Outcome.WITHDRAWN: "cancelled",
    None: "closed",
}
STATUSES = frozenset(
    ["acknowledged", "rejected", "pending", "held", "inProgress", "cancelled", "closed", "resolved"]
)
"""All that TMF621 knows; a ticket here is never acknowledged or held."""
_LIFECYCLE = {"idea": "inDesign", "pilot": "inTest", "live": "active"}


def status(case: CaseView) -> str:
    """`pending` while the owner is asked something."""
    if case.state is State.ENDED:
        return _ENDED[case.outcome]
    return "pending" if case.waiting else "inProgress"


def ticket(case: CaseView, base: str) -> Made:
    """The case; what is not known is left out."""
    said = case.said[0] if case.said else {}
    due = next((one.due for one in case.promises if one.name == "resolution"), None)
    made = {
        "@type": TICKET,
        "id": str(case.id),
        "href": f"{base}/troubleTicket/{case.id}",
        "name": case.title,
        "description": f"{case.title}: {case.subject}",
        "ticketType": case.service,
        "status": status(case),
        "creationDate": case.opened_at.isoformat(),
        "expectedResolutionDate": due.isoformat() if due else None,
        "resolutionDate": case.ended_at.isoformat() if case.ended_at else None,
        "statusChangeReason": case.words,
        "relatedEntity": [_related(case.subject, "subject"), _related(case.reporter, "reporter")],
        "troubleTicketSpecification": {
            "@type": f"{SPECIFICATION}Ref",
            "id": case.service,
            "href": f"{base}/troubleTicketSpecification/{case.service}",
            "name": case.title,
        },
        "troubleTicketCharacteristic": [
            characteristic(name, value) for name, value in case.input.items()
        ],
        **said,
        "externalIdentifier": _externals(case),
        "note": [*said.get("note", ()), *(_note(one) for one in case.waiting)],
    }
    return {name: value for name, value in made.items() if value not in (None, [])}


def specification(service: Service, base: str) -> Made:
    """The service: its input is what a ticket of it has as characteristics."""
    told = catalog.describe(service)
    return {
        "@type": SPECIFICATION,
        "id": told["name"],
        "href": f"{base}/troubleTicketSpecification/{told['name']}",
        "name": told["title"],
        "description": told["description"],
        "version": told["version"],
        "lifecycleStatus": _LIFECYCLE[told["stage"]],
        "specCharacteristic": specified(told["input"]),
    }


def _related(machine: str, role: str) -> Made:
    entity = {"@type": "EntityRef", "id": machine, "@referredType": "Machine"}
    return {"@type": "RelatedEntity", "role": role, "entity": entity}


def _externals(case: CaseView) -> list[Made]:
    """What each system that asked for it calls it: the same problem again joins the case."""
    found: list[Made] = []
    for said in case.said:
        found += [one for one in said.get("externalIdentifier", ()) if one not in found]
    return found


def _note(one: Waiting) -> Made:
    words = f"{one.words} The owner answers at {one.url} until {one.deadline.isoformat()}."
    return {"@type": "Note", "id": str(one.id), "text": words}
