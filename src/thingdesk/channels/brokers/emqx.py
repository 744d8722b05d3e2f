"""As EMQX 5 asks: its HTTP authenticator and its HTTP authorizer.

An answer other than 200 is none to EMQX, and it goes on to whoever it asks next, so a no is said
with 200. Where the body cannot be read, that is what should happen.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from thingdesk.channels.brokers.asked import fields
from thingdesk.channels.brokers.gate import Gate, Knock, Says
from thingdesk.topics import Does

_RESULT = {Says.YES: "allow", Says.NO: "deny", Says.OTHERS: "ignore"}


async def authenticate(gate: Gate, request: Request) -> JSONResponse:
    """`username`, `clientid`, `password` and, for certificates, `cert_pem`."""
    given = await fields(request)
    certificate = given.get("cert_pem", "")
    knock = Knock(
        given.get("username", ""), given.get("clientid", ""), given.get("password", ""), certificate
    )
    word = await gate.enter(knock)
    answer: dict[str, Any] = {"result": _RESULT[word.says], "is_superuser": False}
    if word.until is not None:
        answer["expire_at"] = int(word.until.timestamp())
    return JSONResponse(answer)


async def authorize(gate: Gate, request: Request) -> JSONResponse:
    """`username`, `clientid`, `action` and `topic`."""
    given = await fields(request)
    try:
        does = Does(given.get("action", ""))
    except ValueError:
        return JSONResponse({"result": "deny"})
    word = await gate.may(
        given.get("username", ""), given.get("clientid", ""), does, given.get("topic", "")
    )
    return JSONResponse({"result": _RESULT[word.says]})
