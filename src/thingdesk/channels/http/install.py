from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Router

from thingdesk import __version__
from thingdesk.calling import Telling, mount
from thingdesk.channels.http import api, cases, events, jobs, problems, schemas, services, told
from thingdesk.channels.http.doors import Doors
from thingdesk.platform.errors import Refused

PREFIX = "/v1"
ROUTERS = (api.up, api.router, cases.router, events.router, told.router, jobs.router)


def install(app: Router, doors: Doors) -> None:
    """Let `app` answer below /v1. Whatever goes wrong there is told as problem details."""
    own = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    own.state.doors = doors
    for router in (services.make_router(doors.offered), *ROUTERS):
        own.include_router(router)
    described = schemas.document(doors.offered, own.routes, __version__)

    @own.get("/openapi.json", include_in_schema=False)
    async def get_openapi() -> JSONResponse:
        return JSONResponse(described)

    own.add_exception_handler(Refused, problems.on_refused)
    own.add_exception_handler(RequestValidationError, problems.on_invalid)
    own.add_exception_handler(HTTPException, problems.on_http)
    own.add_exception_handler(Exception, problems.on_failure)
    mount(app, PREFIX, Telling(own, doors.calls.quota))
