"""Pages for owners by signed link: what is asked of them, what was done in their name, stop."""

from thingdesk.web.owner import (
    decision,
    holds,
    home,
    link,
    links,
    mandate,
    questions,
    stop,
    withdraw,
)

ROUTERS = (
    decision.router,
    link.router,
    home.router,
    stop.router,
    links.router,
    mandate.router,
    questions.router,
    withdraw.router,
    holds.router,
)

__all__ = ["ROUTERS"]
