import logging

from a2a.server.request_handlers.response_helpers import agent_card_to_dict
from a2a.server.routes import create_jsonrpc_routes, create_rest_routes
from a2a.utils.constants import AGENT_CARD_WELL_KNOWN_PATH
from starlette.routing import Mount, Route, Router

from thingdesk.calling import Public, gated, make_share
from thingdesk.channels.a2a.card import make_card
from thingdesk.channels.a2a.doors import Doors
from thingdesk.channels.a2a.entrance import Contexts
from thingdesk.channels.a2a.errors import as_rest, as_rpc
from thingdesk.channels.a2a.handler import Handler
from thingdesk.channels.a2a.signing import signed

PATH = "/a2a"
_AT_ONCE = 32


def install(app: Router, doors: Doors) -> None:
    """Let `app` answer agents: its card to anybody, the rest to whoever shows a token."""
    # it writes what others sent, and a trace for whatever they send that is broken; what fails
    # of ours is logged where it is caught
    logging.getLogger("a2a").setLevel(logging.CRITICAL)
    base = doors.calls.base
    card = signed(make_card(doors.dialogue.offers(), base), doors.key, base)
    shown = Public(agent_card_to_dict(card))
    app.routes.append(Route(AGENT_CARD_WELL_KNOWN_PATH, shown.answer, methods=["GET"]))
    handler, contexts, share = Handler(doors), Contexts(), make_share(_AT_ONCE)
    (rpc,) = create_jsonrpc_routes(handler, "/", contexts)
    # a desk is of one organisation: no path is of a tenant
    rest = [one for one in create_rest_routes(handler, contexts) if isinstance(one, Route)]
    app.routes.append(Route(PATH, gated(rpc.app, doors.calls, share, as_rpc), methods=["POST"]))
    app.routes.append(Mount(PATH, gated(Router(rest), doors.calls, share, as_rest)))
