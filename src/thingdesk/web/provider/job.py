from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from thingdesk import cases, fulfilment, parties
from thingdesk.cases import Case
from thingdesk.fulfilment import Appointment, Evidence, Job, JobState
from thingdesk.parties import Machine, Provider
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refusal, Refused, refuse
from thingdesk.web.pages import Open, Pages
from thingdesk.web.render import page

router = APIRouter(prefix="/job")
Token = Annotated[str, Path(max_length=1024)]
Action = Literal["accept", "decline", "under_way", "arrived", "done"]


@dataclass(frozen=True, slots=True)
class Said:
    """The form: `minutes` until arrival, the `reason` of a decline, `words` of what was done."""

    action: Action
    minutes: int
    reason: str
    words: str


@dataclass(frozen=True, slots=True)
class View:
    """All that the page needs. `state` is `overdue` for an offer whose time is over."""

    job: Job
    state: str
    case: Case | None
    machine: Machine | None
    provider: Provider | None
    appointment: Appointment | None
    happened: str
    metres: float | None

    @property
    def zone(self) -> str:
        return self.provider.zone if self.provider else "UTC"


@router.get("/{token}")
async def get_job(pages: Open, token: Token) -> HTMLResponse:
    """The job and where it stands. Looking at it changes nothing."""
    async with pages.database.transaction() as tx:
        return await _page(tx, await _job(pages, tx, token))


@router.post("/{token}")
async def post_job(
    pages: Open,
    token: Token,
    action: Annotated[Action, Form()],
    minutes: Annotated[int, Form(ge=0, le=7 * 24 * 60)] = 30,
    reason: Annotated[str, Form(max_length=500)] = "",
    words: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """What the provider says of the job; the same again changes nothing."""
    said = Said(action, minutes, reason.strip(), words.strip())
    async with pages.database.transaction() as tx:
        job = await _job(pages, tx, token)
        try:
            await _act(tx, job, said)
        except Refused as refused:
            unfit = refused.refusal.recovery is Recovery.FIX_INPUT
            job = await _job(pages, tx, token)
            return await _page(tx, job, refused.refusal, 422 if unfit else 409)
    return RedirectResponse(f"/job/{token}", 303)


async def _act(tx: Transaction, job: Job, said: Said) -> Job:
    provider = job.offer.provider
    match said.action:
        case "accept":
            return await fulfilment.accept(tx, job.id, provider)
        case "decline":
            return await fulfilment.decline(tx, job.id, provider, said.reason)
        case "under_way":
            arrival = clock.now() + timedelta(minutes=said.minutes)
            return await fulfilment.under_way(tx, job.id, provider, arrival)
        case "arrived":
            return await fulfilment.arrived(tx, job.id, provider)
        case "done":
            return await fulfilment.done(tx, job.id, provider, Evidence(said.words))


async def _job(pages: Pages, tx: Transaction, token: str) -> Job:
    link = await parties.read_link(tx, pages.key, fulfilment.JOB_PAGE, token)
    job = await fulfilment.get_job(tx, link.subject)
    if job is None:
        raise refuse("job_unknown", "There is no such job.", Recovery.CONTACT_US)
    return job


async def _page(
    tx: Transaction, job: Job, refusal: Refusal | None = None, status: int = 200
) -> HTMLResponse:
    return page("provider/job.html", status, view=await _view(tx, job), refusal=refusal)


async def _view(tx: Transaction, job: Job) -> View:
    offer = job.offer
    case = await cases.get(tx, offer.case_id)
    provider = await parties.get_provider(tx, offer.provider)
    booked = {one.id: one for one in await fulfilment.appointments_of(tx, offer.case_id)}
    appointment = booked.get(offer.appointment) if offer.appointment else None
    overdue = job.state is JobState.OFFERED and clock.now() >= offer.answer_by
    placed = offer.position and provider
    return View(
        job,
        "overdue" if overdue else job.state.value,
        case,
        await parties.get_machine(tx, offer.machine),
        provider,
        appointment,
        cases.happened(case, provider.zone if provider else "UTC") if case else "",
        fulfilment.distance(offer.position, provider.position)
        if placed and offer.position and provider
        else None,
    )
