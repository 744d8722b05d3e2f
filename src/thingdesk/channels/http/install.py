from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Router

from thingdesk import __version__, catalog
from thingdesk.calling import Public, Telling, mount
from thingdesk.channels.http import api, cases, events, jobs, problems, schemas, services, told
from thingdesk.channels.http.doors import Doors
from thingdesk.platform.errors import Refused

PREFIX = "/v1"
ROUTERS = (api.up, api.router, cases.router, events.router, told.router, jobs.router)


def install(app: Router, doors: Doors) -> None:
    """Let `app` answer below /v1. Whatever goes wrong there is told as problem details."""
    own = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    own.state.doors = doors
    own.state.catalog = Public({"services": [catalog.describe(one) for one in doors.offered]})
    for router in (services.make_router(doors.offered), *ROUTERS):
        own.include_router(router)
    described = schemas.document(doors.offered, own.routes, __version__)

    own.add_api_route("/openapi.json", Public(described).answer, include_in_schema=False)
    own.add_exception_handler(Refused, problems.on_refused)
    own.add_exception_handler(RequestValidationError, problems.on_invalid)
    own.add_exception_handler(HTTPException, problems.on_http)
    own.add_exception_handler(Exception, problems.on_failure)
    mount(app, PREFIX, Telling(own, doors.calls.quota))
