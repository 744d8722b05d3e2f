from ipaddress import ip_address
from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route, Router

from thingdesk.calling import gated, make_share
from thingdesk.channels.mcp.calls import as_answer
from thingdesk.channels.mcp.door import Entry
from thingdesk.channels.mcp.doors import Doors
from thingdesk.channels.mcp.listening import Subscriptions
from thingdesk.channels.mcp.sealing import Sessions
from thingdesk.channels.mcp.server import build
from thingdesk.channels.mcp.sessions import Manager

PATH = "/mcp"
_AT_ONCE = 128
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Mcp:
    """The end point of a desk. Its `server` is the library's; let `run` run while it is called."""

    def __init__(self, doors: Doors) -> None:
        self._stop = doors.stop
        self._subscriptions = Subscriptions(doors.dialogue)
        self.server = build(doors, self._subscriptions)
        self._manager = Manager(
            self.server,
            Sessions(doors.secret),
            self._subscriptions,
            _called(doors.hosts),
        )
        self.entry = Entry(self._manager, doors.stop)

    async def run(self) -> None:
        """Until the desk stops; then whatever is still open ends."""
        async with self._manager.run():
            self.entry.runs.set()
            await self._stop.wait()


def install(app: Router, doors: Doors) -> Mcp:
    """Let `app` answer at /mcp."""
    found = Mcp(doors)
    entry = gated(found.entry, doors.calls, make_share(_AT_ONCE), as_answer)
    app.routes.append(Route(PATH, entry, methods=None))
    return found


def _called(hosts: tuple[str, ...]) -> TransportSecuritySettings:
    """Who calls by another name was brought here by a page of somebody else (DNS rebinding)."""
    names = [*hosts]
    origins = [f"{scheme}://{one}" for one in hosts for scheme in ("http", "https")]
    if any(_is_loopback(one) for one in hosts):
        names += [f"{one}{port}" for one in _LOOPBACK for port in ("", ":*")]
        origins += [f"http://{one}" for one in names]
    return TransportSecuritySettings(allowed_hosts=names, allowed_origins=origins)


def _is_loopback(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
