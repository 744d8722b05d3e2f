from collections.abc import Iterable, Mapping
from typing import Any

from starlette.routing import Route, Router

from thingdesk.calling import Public
from thingdesk.catalog import Service
from thingdesk.channels.cards.support import SUPPORT, THING, About, make_support_card


def install(
    app: Router, services: Iterable[Service], about: About, thing: Mapping[str, Any]
) -> None:
    """Let `app` say what the desk is for, and which `thing` it is."""
    card = Public(make_support_card(services, about))
    described = Public(thing, "application/td+json")
    app.routes.append(Route(SUPPORT, card.answer, methods=["GET"]))
    app.routes.append(Route(THING, described.answer, methods=["GET"]))
