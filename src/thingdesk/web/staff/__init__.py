"""The console: what staff see and do, once they have logged in."""

from thingdesk.web.staff import case, cases, log_in, machines, services, wall
from thingdesk.web.staff.session import LogInFirst, on_log_in_first

ROUTERS = (log_in.router, wall.router, cases.router, case.router, machines.router, services.router)

__all__ = ["ROUTERS", "LogInFirst", "on_log_in_first", "wall"]
