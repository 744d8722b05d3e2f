"""What a provider's system is told of a job. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from thingdesk.fulfilment import Delivery, DeliveryKind, Job


@dataclass(frozen=True, slots=True)
class Links:
    """Where an offer is answered: by a system, and by people."""

    answer: str
    page: str


def message(delivery: Delivery, at: datetime, links: Links) -> bytes:
    """The body: type, time and data, as Standard Webhooks asks for."""
    job = delivery.job
    data = _offer(job, links) if delivery.kind is DeliveryKind.OFFERED else _cancelled(job)
    return orjson.dumps({"type": delivery.kind.value, "timestamp": at.isoformat(), "data": data})


def _offer(job: Job, links: Links) -> dict[str, Any]:
    offer = job.offer
    place, amount = offer.position, offer.amount
    return {
        "job": str(job.id),
        "case": str(offer.case_id),
        "machine": offer.machine,
        "task": offer.task,
        "words": offer.words,
        "answer_by": offer.answer_by.isoformat(),
        "position": {"lat": place.lat, "lon": place.lon} if place else None,
        "part": offer.part,
        "appointment": offer.details.get("appointment"),
        "amount": {"minor": amount.minor, "currency": amount.currency} if amount else None,
        "details": {name: offer.details[name] for name in offer.details if name != "appointment"},
        "answer": links.answer,
        "page": links.page,
    }


def _cancelled(job: Job) -> dict[str, Any]:
    return {"job": str(job.id), "case": str(job.offer.case_id), "reason": job.reason}
