from uuid import UUID

from thingdesk.fulfilment.events import JobDeliveryGivenUp, tell_case
from thingdesk.fulfilment.jobs import store
from thingdesk.fulfilment.jobs.model import MOST_ATTEMPTS
from thingdesk.platform.database import Transaction


async def give_up(tx: Transaction, delivery_id: UUID, reason: str) -> None:
    """End the attempts: the provider's system said that no further one will do."""
    ended = await store.end_delivery(tx, delivery_id, reason)
    if ended:
        job_id, kind, attempts = ended
        job = (await store.get(tx, [job_id]))[job_id]
        event = JobDeliveryGivenUp(job_id, kind.value, reason, attempts)
        tell_case(tx, job.offer.case_id, event)


async def not_delivered(tx: Transaction, delivery_id: UUID, problem: str) -> None:
    """An attempt failed; after the last one it is given up."""
    if await store.note_problem(tx, delivery_id, problem) >= MOST_ATTEMPTS:
        await give_up(tx, delivery_id, problem)
