from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Router

from thingdesk.channels.http import api, jobs, problems
from thingdesk.channels.http.doors import Doors
from thingdesk.platform.errors import Refused

PREFIX = "/v1"
ROUTERS = (api.up, api.router, jobs.router)


def install(app: Router, doors: Doors) -> None:
    """Let `app` answer below /v1. Whatever goes wrong there is told as problem details."""
    own = FastAPI(title="thingdesk", docs_url=None, redoc_url=None, redirect_slashes=False)
    own.state.doors = doors
    for router in ROUTERS:
        own.include_router(router)
    own.add_exception_handler(Refused, problems.on_refused)
    own.add_exception_handler(RequestValidationError, problems.on_invalid)
    own.add_exception_handler(HTTPException, problems.on_http)
    own.add_exception_handler(Exception, problems.on_failure)
    app.mount(PREFIX, own)
