"""Providers: what they can do, when, how they are told, and what they were asked."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from thingdesk import fulfilment, parties
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery, refuse
from thingdesk.web.pages import Open
from thingdesk.web.staff.session import Person
from thingdesk.web.staff.show import show
from thingdesk.web.words import hours_words

router = APIRouter(prefix="/providers")
_PAGE = 40
_MOST_JOBS = 50


@router.get("")
async def get_providers(
    pages: Open, person: Person, after: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """Providers by name."""
    async with pages.database.transaction() as tx:
        found = await parties.find_providers(tx, after.replace("\0", ""), _PAGE + 1)
        shown = [one.id for one in found]
        in_hand = await fulfilment.in_hand(tx, shown)
        starts = await fulfilment.next_starts(tx, shown, clock.now())
    return show(
        "providers.html",
        person,
        "people",
        found=found[:_PAGE],
        in_hand=in_hand,
        starts=starts,
        hours={one.id: hours_words(one.hours) for one in found},
        further=urlencode({"after": found[_PAGE - 1].name}) if len(found) > _PAGE else None,
        first="" if after else None,
    )


@router.get("/{provider_id}")
async def get_provider(pages: Open, person: Person, provider_id: UUID) -> HTMLResponse:
    async with pages.database.transaction() as tx:
        found = await parties.get_provider(tx, provider_id)
        if found is None:
            raise refuse("provider_unknown", "There is no such provider.", Recovery.CONTACT_US)
        jobs = await fulfilment.jobs_of_provider(tx, provider_id, _MOST_JOBS)
        booked = [one.offer.appointment for one in jobs if one.offer.appointment]
        appointments = await fulfilment.appointments(tx, booked)
        stock = await fulfilment.stock_of(tx, provider_id)
    return show(
        "provider.html",
        person,
        "people",
        one=found,
        hours=hours_words(found.hours),
        jobs=jobs,
        appointments=appointments,
        stock=stock,
    )
