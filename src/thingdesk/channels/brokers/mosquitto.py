"""As the HTTP backend of mosquitto-go-auth asks, with `params_mode` json or form, and
`response_mode` status or json.

It knows yes and no alone. What is none of the desk's is a no, and another backend may say yes.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse

from thingdesk.channels.brokers.asked import fields
from thingdesk.channels.brokers.gate import Gate, Knock, Says, Word
from thingdesk.topics import Does

# its `acc`: to read is asked at each message that is delivered, to subscribe once before
_DOES = {"1": Does.SUBSCRIBE, "2": Does.PUBLISH, "4": Does.SUBSCRIBE}


async def user(gate: Gate, request: Request) -> JSONResponse:
    """`username`, `password`, `clientid`."""
    given = await fields(request)
    shown = given.get("username", ""), given.get("clientid", ""), given.get("password", "")
    return _said(await gate.enter(Knock(*shown)))


async def superuser(_: Gate, __: Request) -> JSONResponse:
    """Nobody that the desk knows may do everything."""
    return _said(Word(Says.NO, "nobody may do everything"))


async def acl(gate: Gate, request: Request) -> JSONResponse:
    """`username`, `clientid`, `topic` and `acc`."""
    given = await fields(request)
    does = _DOES.get(given.get("acc", ""))
    if does is None:
        return _said(Word(Says.NO, "that is no right of a machine"))
    name, client_id = given.get("username", ""), given.get("clientid", "")
    return _said(await gate.may(name, client_id, does, given.get("topic", "")))


def _said(word: Word) -> JSONResponse:
    yes = word.says is Says.YES
    return JSONResponse({"ok": yes, "error": word.reason}, 200 if yes else 403)
