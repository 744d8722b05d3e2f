"""Jobs for the systems of providers: the token of the signed link is what lets them in."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from thingdesk import fulfilment, parties
from thingdesk.calling import answers_soon, body
from thingdesk.catalog import PRINTED
from thingdesk.channels.http import problems
from thingdesk.channels.http.doors import Doors, Open
from thingdesk.channels.http.event_schemas import FURTHER
from thingdesk.channels.http.schemas import SENT, refusals
from thingdesk.fulfilment import Evidence, Job
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import FieldError, Recovery, refuse

_ASKED = refusals(403, 404, 422, 503)
router = APIRouter(prefix="/jobs", tags=["providers"], responses=_ASKED)
_MEND = "send action, and with it arrival, reason, or words and data"
Token = Annotated[str, Path(max_length=1024)]
_ONE = PRINTED.removeprefix("^").removesuffix("*$")
_NOT_BLANK = rf"^{_ONE}*{_ONE.removesuffix(']')}\s]{_ONE}*$"
# what each action needs, and what is taken of it; else a field is passed over
_EACH: list[Any] = [
    {"properties": {"action": {"enum": ["accept", "arrived"]}}},
    {"properties": {"action": {"const": "decline"}, "reason": {"pattern": PRINTED}}},
    {
        "properties": {"action": {"const": "under_way"}, "arrival": {"type": "string"}},
        "required": ["arrival"],
    },
    {
        "properties": {
            "action": {"const": "done"},
            "words": {"pattern": _NOT_BLANK},
            "data": {"propertyNames": {"pattern": PRINTED}, "additionalProperties": FURTHER},
        },
        "required": ["words"],
    },
]


class Said(BaseModel):
    """What a provider says of a job. `arrival` goes with `under_way`, `words` and `data` with
    `done`, `reason` with `decline`.
    """

    model_config = ConfigDict(extra="forbid")

    action: Literal["accept", "decline", "under_way", "arrived", "done"]
    arrival: datetime | None = None
    reason: str = Field("", max_length=500)
    words: str = Field("", max_length=2000)
    data: dict[str, Any] = Field(default_factory=dict)


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": Said.model_json_schema() | {"oneOf": _EACH}}},
    }
}


@router.get("/{token}")
@answers_soon
async def get_job(doors: Open, token: Token) -> dict[str, Any]:
    """The job and where it stands. Looking at it changes nothing."""
    async with doors.database.transaction() as tx:
        return _as_data(await _job(doors, tx, token))


@router.post("/{token}", responses=refusals(*SENT), openapi_extra=_BODY)
async def post_job(doors: Open, token: Token, request: Request) -> dict[str, Any]:
    """What the provider says of the job; the same again is answered in the same way."""
    return await _say(doors, token, _said(await body.read(request)))


@answers_soon
async def _say(doors: Doors, token: str, said: Said) -> dict[str, Any]:
    async with doors.database.transaction() as tx:
        job = await _job(doors, tx, token)
        return _as_data(await _act(tx, job.id, job.offer.provider, said))


def _said(content: bytes) -> Said:
    """Raises Refused, field by field."""
    try:
        orjson.loads(content)
        return Said.model_validate_json(content, strict=True)
    except orjson.JSONDecodeError as error:
        raise refuse("broken_json", f"the body is no JSON: {str(error)[:120]}") from None
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        words, fields = problems.unfit(found, _MEND)
        raise refuse("answer_invalid", words, fields=fields) from None


async def _act(tx: Transaction, job_id: UUID, provider: UUID, said: Said) -> Job:
    match said.action:
        case "accept":
            return await fulfilment.accept(tx, job_id, provider)
        case "decline":
            return await fulfilment.decline(tx, job_id, provider, said.reason)
        case "under_way":
            if said.arrival is None:
                field = FieldError("arrival", "is missing", "say when you will be there")
                raise refuse("answer_invalid", "arrival is missing", fields=(field,))
            return await fulfilment.under_way(tx, job_id, provider, said.arrival)
        case "arrived":
            return await fulfilment.arrived(tx, job_id, provider)
        case "done":
            return await fulfilment.done(tx, job_id, provider, Evidence(said.words, said.data))


async def _job(doors: Doors, tx: Transaction, token: str) -> Job:
    link = await parties.read_link(tx, doors.key, fulfilment.JOB_PAGE, token)
    job = await fulfilment.get_job(tx, link.subject)
    if job is None:
        raise refuse("job_unknown", "there is no such job", Recovery.CONTACT_US)
    return job


def _as_data(job: Job) -> dict[str, Any]:
    offer, place, amount = job.offer, job.offer.position, job.offer.amount
    return {
        "job": str(job.id),
        "case": str(offer.case_id),
        "state": job.state.value,
        "machine": offer.machine,
        "task": offer.task,
        "words": offer.words,
        "part": offer.part,
        "position": {"lat": place.lat, "lon": place.lon} if place else None,
        "appointment": offer.details.get("appointment"),
        "amount": {"minor": amount.minor, "currency": amount.currency} if amount else None,
        "answer_by": offer.answer_by.isoformat(),
        "arrival": job.arrival.isoformat() if job.arrival else None,
        "details": {name: offer.details[name] for name in offer.details if name != "appointment"},
    }
