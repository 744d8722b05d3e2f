import re
from collections.abc import Iterable, Iterator

from starlette.requests import Request
from starlette.routing import BaseRoute, Match, Mount, Route, Router
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
    for route in _all(request.app.routes):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return ", ".join(sorted(found))


def _all(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Those of included routers, too, which FastAPI keeps as they are."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif (inner := getattr(route, "original_router", None)) is not None:
            yield from _all(inner.routes)
