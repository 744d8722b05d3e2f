from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Router

from thingdesk import __version__
from thingdesk.calling import Telling, mount
from thingdesk.channels.tmf621 import errors, hubs, specifications, tickets_api
from thingdesk.channels.tmf621.described import COMPONENTS
from thingdesk.channels.tmf621.doors import BASE, OpenDoors
from thingdesk.platform.errors import Refused

_ROUTERS = (tickets_api.router, specifications.router, hubs.router)


def install(app: Router, doors: OpenDoors) -> None:
    """Let `app` answer below `BASE`."""
    own = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    own.state.doors = doors
    for router in _ROUTERS:
        own.include_router(router)
    described = document()

    @own.get("/openapi.json", include_in_schema=False)
    async def get_openapi_json(_: Request) -> JSONResponse:
        return JSONResponse(described)

    own.add_exception_handler(Refused, errors.on_refused)
    own.add_exception_handler(RequestValidationError, errors.on_invalid)
    own.add_exception_handler(HTTPException, errors.on_http)
    own.add_exception_handler(Exception, errors.on_failure)
    mount(app, BASE, Telling(own, doors.calls.quota))


def document() -> dict[str, Any]:
    """The part of TMF621 that is served, in OpenAPI 3.1."""
    own = FastAPI(openapi_url=None)
    for router in _ROUTERS:
        own.include_router(router)
    made = get_openapi(
        title="thingdesk: Trouble Ticket (TMF621 v5)",
        version=__version__,
        routes=own.routes,
        servers=[{"url": BASE}],
    )
    parts = made.setdefault("components", {})
    parts.setdefault("schemas", {}).update(COMPONENTS)
    parts["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "dpop": {"type": "http", "scheme": "dpop"},
    }
    return made
