from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Router
from starlette.staticfiles import StaticFiles

from thingdesk.platform.errors import Refused
from thingdesk.web import owner, problems, provider, staff
from thingdesk.web.guard import Guard
from thingdesk.web.live import Live
from thingdesk.web.pages import Pages

STATIC = Path(__file__).with_name("static")


def install(app: Router, pages: Pages) -> Live:
    """Let `app` answer with the pages whatever no other path of it takes; to be called last.

    What is returned keeps open pages up to date while its `run` runs.
    """
    own = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    own.state.pages = pages
    live = own.state.live = Live(pages.database, staff.render, pages.stop)
    for router in (*owner.ROUTERS, provider.router, *staff.ROUTERS):
        own.include_router(router)
    own.mount("/static", StaticFiles(directory=STATIC))
    own.add_middleware(Guard, public_url=pages.public_url)
    own.add_exception_handler(Refused, problems.on_refused)
    own.add_exception_handler(RequestValidationError, problems.on_invalid)
    own.add_exception_handler(HTTPException, problems.on_http)
    own.add_exception_handler(owner.EnterFirst, owner.on_enter_first)
    own.add_exception_handler(staff.LogInFirst, staff.on_log_in_first)
    app.mount("", own)
    return live
