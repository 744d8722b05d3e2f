"""The console: what staff see and do, once they have logged in."""

from thingdesk.platform.database import Transaction
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
    oidc,
    owner,
    owners,
    passkey,
    policy,
    providers,
    services,
    transfer,
    undelivered,
    waiting,
    wall,
)
from thingdesk.web.staff.session import LogInFirst, on_log_in_first

ROUTERS = (
    log_in.router,
    passkey.router,
    oidc.router,
    account.router,
    wall.router,
    waiting.router,
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
    undelivered.router,
)


async def render(tx: Transaction) -> dict[str, str]:
    """All parts of pages that stay up to date, as they are now."""
    return await wall.render(tx) | await waiting.render(tx)


__all__ = ["ROUTERS", "LogInFirst", "on_log_in_first", "render"]
