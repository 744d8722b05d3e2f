"""Templates to pages. Everything that is filled in is escaped, and can be seen."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from thingdesk import cases, contact, parties
from thingdesk.platform import clock
from thingdesk.platform.formats import seen
from thingdesk.web import formats

_HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    made = Environment(
        # a template never changes while a desk runs: a page need not look at the disk
        auto_reload=False,
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_filled_in,
    )
    made.filters |= {
        **formats.FILTERS,
        "briefly": cases.briefly,
        "beyond": cases.beyond,
        "called": parties.called,
        "unbroken": unbroken,
        "host": contact.host_of,
        "phone": contact.phone,
    }
    made.globals |= {"now": clock.now, "static": static, "has_static": has_static}
    return made


def _filled_in(value: object) -> object:
    # what is markup already was filled in before, piece by piece
    return seen(value) if type(value) is str else value


def unbroken(text: str) -> Markup:
    """Words with a hyphen, such as the id of a machine, stay on one line where they fit on one."""
    words = (
        Markup('<span class="unbroken">{}</span>').format(one) if "-" in one else one
        for one in seen(text).split()
    )
    return Markup(" ").join(words)


@cache
def static(name: str) -> str:
    """The address of a file in `static`, with its content's mark, so that it can be cached."""
    mark = sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{mark}"


@cache
def has_static(name: str) -> bool:
    """Whether the file is there: the browser libraries are fetched when the product is built."""
    return (_HERE / "static" / name).is_file()


def fragment(name: str, **values: Any) -> str:
    return environment().get_template(name).render(**values)


def page(name: str, status: int = 200, **values: Any) -> HTMLResponse:
    return HTMLResponse(fragment(name, **values), status)
