"""Sending somebody now: one provider after the other, until one of them accepts."""

from thingdesk.journeys.context import Context
from thingdesk.journeys.jobs import No, leave, offer
from thingdesk.journeys.model import Failed
from thingdesk.journeys.providing import MOST_PROVIDERS, Dispatched, Found, Work, nearest


async def dispatch(journey: Context, kind: str, skill: str | None, work: Work) -> Dispatched:
    """To the nearest who is free now; who has no place left meanwhile is passed over."""
    tried: list[Found] = []
    while len(tried) < MOST_PROVIDERS:
        chosen = await nearest(
            journey, kind, skill, None, at_once=True, exclude=tuple(one.id for one in tried)
        )
        job = await offer(journey, chosen, work, None)
        if isinstance(job, Dispatched):
            return job
        if job is No.ALREADY:
            continue  # now it is asked for
        await leave(journey, chosen)
        tried.append(chosen)
    raise Failed("no_provider", "No provider accepted the job.")
