from typing import Any

from fastapi.responses import HTMLResponse

from thingdesk import parties
from thingdesk.parties import Right, Staff
from thingdesk.web.render import page


def show(name: str, person: Staff, here: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of the console; `here` is its place in the navigation."""
    return page(
        f"staff/{name}",
        status,
        person=person,
        rights={one.name for one in Right if parties.may(person, one)},
        here=here,
        **values,
    )
