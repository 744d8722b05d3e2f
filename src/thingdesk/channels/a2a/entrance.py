from a2a.server.context import ServerCallContext
from a2a.server.routes import DefaultServerCallContextBuilder
from starlette.requests import Request

from thingdesk.calling import caller_of
from thingdesk.channels.a2a.case_tasks import CALLER


class Contexts(DefaultServerCallContextBuilder):
    """Hands on whom the gate has recognised."""

    def build(self, request: Request) -> ServerCallContext:
        context = super().build(request)
        context.state[CALLER] = caller_of(request)
        return context
