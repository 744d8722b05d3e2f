"""JSON that a call brings, read within bounds and held strictly against its schema."""

from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from thingdesk.calling import body
from thingdesk.channels.http.problems import unfit
from thingdesk.platform.errors import refuse

Shape = TypeVar("Shape", bound=BaseModel)
_JSON = ("application/json", "")


async def read(request: Request) -> bytes:
    """The body as it came, once it says that it is JSON. Raises Refused."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said not in _JSON and not said.endswith("+json"):
        raise refuse("unsupported_media", "send the body as application/json")
    return await body.read(request)


async def an_object(request: Request) -> dict[str, Any]:
    """The body, which is to be an object. Raises Refused."""
    try:
        given = orjson.loads(await read(request))
    except orjson.JSONDecodeError as error:
        raise refuse("broken_json", f"the body is no JSON: {str(error)[:120]}") from None
    if not isinstance(given, dict):
        raise refuse("unfit_request", "the body is no object; send a JSON object")
    return given


async def as_a(shape: type[Shape], request: Request, *, missing: bytes = b"") -> Shape:
    """The body in its `shape`; `missing` stands for none. Raises Refused, field by field."""
    try:
        return shape.model_validate_json(await read(request) or missing, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        words, fields = unfit(found, "see /v1/openapi.json")
        raise refuse("unfit_request", words, fields=fields) from None
