import re

from starlette.requests import Request
from starlette.routing import Match, Mount, Route, Router
from starlette.types import ASGIApp


class _Below(Mount):
    """All that is below a path, also what has the end of a line in it, which a caller may send."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def mount(app: Router, path: str, own: ASGIApp) -> None:
    """Let `own` answer whatever is below `path`."""
    app.routes.append(_Below(path, own))


def methods_at(request: Request) -> str:
    """The methods that the path has, of all routes that have it."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return ", ".join(sorted(found))
