import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from thingdesk import cases, catalog, fulfilment, messages, notices, parties
from thingdesk.access import Presented, Surface
from thingdesk.channels.http import body
from thingdesk.channels.http.doors import Doors, Open
from thingdesk.channels.http.problems import problem
from thingdesk.channels.http.soon import WITHIN, answers_soon, soon
from thingdesk.intake import BUSY, Kind
from thingdesk.platform import clock
from thingdesk.platform.errors import Recovery, Refused, refuse

_MOST = 100


router = APIRouter()


async def _sender(request: Request, doors: Open) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise refuse("token_missing", "send Authorization: Bearer and the machine's own token")
    try:
        # whoever is not recognised yet counts for nothing in what may be under way: while the
        # database stands still they must not become ever more
        async with asyncio.timeout(WITHIN):
            caller = await doors.callers.recognise(Presented(token.strip()), Surface.HTTP)
    except TimeoutError:
        raise Refused(BUSY) from None
    return caller.machine


Sender = Annotated[str, Depends(_sender)]


class _Direct(APIRoute):
    """Hands the request to its function as it is: to work out parameters from it, which these
    paths do not have, was a third of what serving it cost.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


up = APIRouter(route_class=_Direct)


@up.post("/signals")
async def post_signals(request: Request) -> Response:
    """Signals, one or a batch; the answer has the receipts."""
    return await _take(Kind.SIGNALS, request)


@up.post("/reports")
async def post_reports(request: Request) -> Response:
    """Reports, one or a batch; the receipts name the case of each."""
    return await _take(Kind.REPORTS, request)


@up.post("/acks")
async def post_acks(request: Request) -> Response:
    """Acknowledgements of notices."""
    return await _take(Kind.ACKS, request)


@up.post("/results")
async def post_results(request: Request) -> Response:
    """Results of commands."""
    return await _take(Kind.RESULTS, request)


@router.get("/notices")
@answers_soon
async def get_notices(
    doors: Open, machine: Sender, most: Annotated[int, Query(ge=1, le=_MOST)] = _MOST
) -> dict[str, Any]:
    """Notices that the machine has not acknowledged, the oldest first."""
    async with doors.database.transaction() as tx:
        found = await notices.pending(tx, machine, most)
    return {"notices": [messages.notice(one) for one in found]}


@router.get("/commands")
@answers_soon
async def get_commands(doors: Open, machine: Sender) -> dict[str, Any]:
    """Commands that have no result yet, and recalls of such, the oldest first."""
    async with doors.database.transaction() as tx:
        found = await fulfilment.waiting_commands(tx, machine, _MOST)
    return {"commands": [messages.command(one) for one in found]}


@router.get("/cases/{case_id}")
@answers_soon
async def get_case(doors: Open, machine: Sender, case_id: UUID) -> dict[str, Any]:
    """A case of the machine, or one that it reported, in the ownership that there is now."""
    async with doors.database.transaction() as tx:
        case = await cases.get(tx, case_id)
        period = await parties.ownership_of(tx, machine, clock.now())
        if case is None or not _may_see(case, machine, period):
            words = "there is no such case for this machine"
            raise refuse("case_unknown", words, Recovery.CONTACT_US)
        promised = await cases.promises_of(tx, case_id)
    return _case(case, promised)


@router.get("/catalog")
async def get_catalog(doors: Open) -> dict[str, Any]:
    """All that can be asked for, with schemas and promises."""
    return {"services": [catalog.describe(one) for one in doors.offered]}


@router.get("/desk")
async def get_desk(doors: Open) -> dict[str, Any]:
    """The desk's public keys, to verify receipts with."""
    return {"issuer": "thingdesk", "keys": list(doors.key.public_jwks)}


@router.get("/time")
async def get_time(doors: Open) -> dict[str, Any]:
    """The desk's signed word of what time it is, for a machine whose own clock is off."""
    return {"time": parties.desk_time(doors.key)}


async def _take(kind: Kind, request: Request) -> Response:
    doors: Doors = request.app.state.doors
    machine = await _sender(request, doors)
    taken = doors.intake.take(machine, kind, await body.read(request))
    became = await soon(taken, goes_on=True)
    if not became.entries and len(became.refused) == 1:
        return problem(became.refused[0].refusal, event=became.refused[0].event)
    refused = [one.as_data() for one in became.refused]
    receipts = doors.intake.sign(machine, became.entries)
    return JSONResponse({"receipts": receipts, "refused": refused})


def _may_see(case: cases.Case, machine: str, owned: parties.Ownership | None) -> bool:
    return (
        machine in (case.subject, case.reporter)
        and case.owner_id == (owned.owner_id if owned else None)
        and (owned is None or owned.begins <= case.opened_at)
    )


def _case(case: cases.Case, promised: list[cases.Promised]) -> dict[str, Any]:
    return {
        "case": str(case.id),
        "subject": case.subject,
        "service": case.service,
        "state": case.state.value,
        "outcome": case.outcome.value if case.outcome else None,
        "words": case.outcome_words,
        "data": case.outcome_data,
        "opened": case.opened_at.isoformat(),
        "ended": case.ended_at.isoformat() if case.ended_at else None,
        "reports": case.reports,
        "promises": [
            {
                "name": one.name,
                "due": one.due_at.isoformat() if one.due_at else None,
                "kept": one.kept_at.isoformat() if one.kept_at else None,
                "broken": one.broken_at.isoformat() if one.broken_at else None,
            }
            for one in promised
        ],
    }
