"""One question and its answer, with all limits."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from thingdesk.platform.outward.fetch import Unfetched
from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.post import LIMIT, MOST_ANSWER, make_http
from thingdesk.platform.outward.target import Network, resolve


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered."""

    status: int
    body: bytes = field(repr=False)


async def ask(
    url: str,
    *,
    names: Names,
    allowed: Sequence[Network] = (),
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    limit: float = LIMIT,
) -> Answered:
    """What is at `url`, or what it answers to a `form`, within `limit` seconds for all of it. A
    redirect is an answer, and not followed. Raises Forbidden and Unfetched.
    """
    try:
        async with asyncio.timeout(limit), make_http(limit=limit) as http:
            target = await resolve(url, allowed, names)
            async with http.stream(
                "GET" if form is None else "POST",
                target.url,
                headers={**(headers or {}), "host": target.host},
                data=dict(form) if form is not None else None,
                extensions={"sni_hostname": target.name},
            ) as response:
                return Answered(response.status_code, await _read(response))
    except TimeoutError as error:
        raise Unfetched(f"no answer within {limit:g} s") from error
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        raise Unfetched(f"{type(error).__name__}: {error}"[:500]) from error


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_ANSWER:
            raise Unfetched(f"the answer is longer than {MOST_ANSWER} bytes")
    return bytes(body)
