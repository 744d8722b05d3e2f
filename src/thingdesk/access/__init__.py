"""Who calls, on every surface the same, and for whom: an OAuth 2.1 authorization server, small.

What enters: the credential of a call, or what a client sends for one; an owner's word on who may
act for them. What leaves: the machine that calls, the owner it acts for, and the mandate that it
has for this; tokens. Always true: a token is good on one surface alone, and where it is bound to a
key only with a proof by it, each once; what is passed on is narrower; what was revoked is good for
nothing from the commit of its revocation on.

Not here: what a mandate permits (`mandates`), the pages on which owners answer (`web`), and what a
caller may ask for (`dialogue`). An application that an owner lets act is a machine of that owner.
"""

from thingdesk.access import grant_store, once_store, request_store
from thingdesk.access.answer import becomes_theirs, confirm, deny, is_app, machine_of
from thingdesk.access.asks import asks_of
from thingdesk.access.authorize import ask_owner, authorization, check_redirect, returning
from thingdesk.access.by_grant import by_grant
from thingdesk.access.clients import TOKEN_PATH, machine_client, who_asserts
from thingdesk.access.documents import Documents
from thingdesk.access.end import end_grant, ended_for, introspect, revoke
from thingdesk.access.jose import ALGORITHMS
from thingdesk.access.model import (
    Asking,
    Browsed,
    Caller,
    Client,
    Confirmed,
    Grant,
    Grounds,
    Issued,
    Pairing,
    Pending,
    Presented,
    Surface,
)
from thingdesk.access.pair import code_shown, pair, pending
from thingdesk.access.recognise import Callers
from thingdesk.access.standing import again
from thingdesk.access.token import SCOPE
from thingdesk.access.tokens import (
    GRANTS,
    TokenRequest,
    Tokens,
    prove,
    surfaces_at,
)

KEPT = (*once_store.KEPT, *grant_store.KEPT, *request_store.KEPT)

__all__ = [
    "ALGORITHMS",
    "GRANTS",
    "KEPT",
    "SCOPE",
    "TOKEN_PATH",
    "Asking",
    "Browsed",
    "Caller",
    "Callers",
    "Client",
    "Confirmed",
    "Documents",
    "Grant",
    "Grounds",
    "Issued",
    "Pairing",
    "Pending",
    "Presented",
    "Surface",
    "TokenRequest",
    "Tokens",
    "again",
    "ask_owner",
    "asks_of",
    "authorization",
    "becomes_theirs",
    "by_grant",
    "check_redirect",
    "code_shown",
    "confirm",
    "deny",
    "end_grant",
    "ended_for",
    "introspect",
    "is_app",
    "machine_client",
    "machine_of",
    "pair",
    "pending",
    "prove",
    "returning",
    "revoke",
    "surfaces_at",
    "who_asserts",
]
