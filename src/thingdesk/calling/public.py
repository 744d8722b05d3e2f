"""What anybody may read of the desk, as bytes with their `ETag`."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

_HEADERS = {
    # a page of anybody's may read what is public
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
}


class Public:
    """What anybody may read, made once: no service comes while a desk runs."""

    def __init__(self, content: Mapping[str, Any], media_type: str = "application/json") -> None:
        self._body = orjson.dumps(content)
        self._media_type = media_type
        self._headers = {**_HEADERS, "ETag": f'"{sha256(self._body).hexdigest()[:32]}"'}

    async def answer(self, request: Request) -> Response:
        """The content, or for who has it by its `ETag` that it is the same still."""
        known = request.headers.get("if-none-match", "")
        if self._headers["ETag"] in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, headers=self._headers, media_type=self._media_type)
