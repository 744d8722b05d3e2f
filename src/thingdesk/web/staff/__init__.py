"""The console: what staff see and do, once they have logged in."""

from thingdesk.web.staff import (
    account,
    accounts,
    case,
    cases,
    entitlements,
    keys,
    log_in,
    machine,
    machines,
    owner,
    owners,
    passkey,
    policy,
    providers,
    services,
    transfer,
    wall,
)
from thingdesk.web.staff.session import LogInFirst, on_log_in_first

ROUTERS = (
    log_in.router,
    passkey.router,
    account.router,
    wall.router,
    cases.router,
    case.router,
    machines.router,
    machine.router,
    transfer.router,
    keys.router,
    entitlements.router,
    services.router,
    policy.router,
    accounts.router,
    owners.router,
    owner.router,
    providers.router,
)

__all__ = ["ROUTERS", "LogInFirst", "on_log_in_first", "wall"]
