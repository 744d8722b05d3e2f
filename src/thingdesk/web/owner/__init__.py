"""Pages for owners, by signed link or by log-in: what is asked of them, what was done in their
name, who may act for them, stop.
"""

from thingdesk.web.owner import (
    acting,
    allow,
    code,
    decision,
    enter,
    holds,
    home,
    link,
    links,
    mandate,
    question,
    questions,
    stop,
    withdraw,
)
from thingdesk.web.owner.session import EnterFirst, on_enter_first

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
    acting.router,
    allow.router,
    code.router,
    enter.router,
    question.router,
)

__all__ = ["ROUTERS", "EnterFirst", "on_enter_first"]
