from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from thingdesk import fulfilment, messages, notices, parties
from thingdesk.calling import Public, answers_soon, body, problem, soon
from thingdesk.channels.http.doors import Doors, Itself, Open, itself
from thingdesk.channels.http.schemas import CALLED, SECURED, SENT, described, refusals
from thingdesk.intake import Kind, Refusing

_MOST = 100


router = APIRouter(tags=["machines"], responses=refusals(503))


class _Direct(APIRoute):
    """Hands the request to its function as it is: to work out parameters from it, which these
    paths do not have, was a third of what serving it cost.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


up = APIRouter(route_class=_Direct, tags=["machines"], responses=refusals(*CALLED, *SENT))


@up.post("/signals", **described(Kind.SIGNALS))
async def post_signals(request: Request) -> Response:
    """Signals, one or a batch; the answer has the receipts."""
    return await _take(Kind.SIGNALS, request)


@up.post("/reports", **described(Kind.REPORTS))
async def post_reports(request: Request) -> Response:
    """Reports, one or a batch; the receipts name the case of each."""
    return await _take(Kind.REPORTS, request)


@up.post("/acks", **described(Kind.ACKS))
async def post_acks(request: Request) -> Response:
    """Acknowledgements of notices."""
    return await _take(Kind.ACKS, request)


@up.post("/results", **described(Kind.RESULTS))
async def post_results(request: Request) -> Response:
    """Results of commands."""
    return await _take(Kind.RESULTS, request)


@router.get("/notices", responses=refusals(*CALLED), openapi_extra=SECURED)
@answers_soon
async def get_notices(
    doors: Open, machine: Itself, most: Annotated[int, Query(ge=1, le=_MOST)] = _MOST
) -> dict[str, Any]:
    """Notices that the machine has not acknowledged, the oldest first."""
    async with doors.database.transaction() as tx:
        found = await notices.pending(tx, machine, most)
        return {"notices": await messages.notices(tx, found)}


@router.get("/commands", responses=refusals(*CALLED), openapi_extra=SECURED)
@answers_soon
async def get_commands(doors: Open, machine: Itself) -> dict[str, Any]:
    """Commands that have no result yet, and recalls of such, the oldest first."""
    async with doors.database.transaction() as tx:
        found = await fulfilment.waiting_commands(tx, machine, _MOST)
        return {"commands": await messages.commands(tx, found)}


@router.get("/catalog", response_model=dict[str, Any])
async def get_catalog(request: Request) -> Response:
    """All that can be asked for, with schemas and promises."""
    shown: Public = request.app.state.catalog
    return await shown.answer(request)


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
    caller = await doors.calls.recognise(request)
    machine = caller.machine if kind is Kind.REPORTS else itself(caller)
    under = caller.mandate.id if caller.mandate else None
    said = await body.read(request)
    became = await soon(doors.intake.take(machine, kind, said, under), goes_on=True)
    if not became.entries and len(became.refused) == 1 and _is_all(became.refused[0], said):
        return problem(became.refused[0].refusal, event=became.refused[0].event)
    refused = [one.as_data() for one in became.refused]
    receipts = doors.intake.sign(machine, became.entries)
    return JSONResponse({"receipts": receipts, "refused": refused})


def _is_all(refused: Refusing, said: bytes) -> bool:
    """Whether the message as a whole is refused; in a batch each event stands for itself."""
    of_event = refused.event is not None or refused.refusal.code == "bad_event"
    return not (of_event and said.lstrip()[:1] == b"[")
