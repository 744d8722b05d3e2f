"""Ending sessions at a broker of others, by its API: that of EMQX 5."""

from typing import Self
from urllib.parse import quote, unquote, urlsplit

import httpx

_WITHIN = 5.0


class EmqxSessions:
    """Ends sessions by the API of EMQX: `http://key:secret@host:18083`. Open it (`async with`)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        place = parts._replace(netloc=parts.netloc.rpartition("@")[2])
        key, secret = unquote(parts.username or ""), unquote(parts.password or "")
        self._client = httpx.AsyncClient(
            base_url=f"{place.geturl().rstrip('/')}/api/v5", auth=(key, secret), timeout=_WITHIN
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def end_session(self, machine: str) -> None:
        """End the session of `machine`, if it has one. Raises OSError where that cannot be done."""
        try:
            answer = await self._client.delete(f"/clients/{quote(machine, safe='')}")
        except httpx.HTTPError as error:
            raise ConnectionError(f"EMQX could not be reached: {type(error).__name__}") from None
        if answer.status_code not in (httpx.codes.NO_CONTENT, httpx.codes.NOT_FOUND):
            raise ConnectionError(f"EMQX answered {answer.status_code} to the end of a session")
