"""One attempt: a POST with all limits, and what came of it."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import httpx

from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.request import request
from thingdesk.platform.outward.target import Forbidden, Network, resolve

# shorter than half of the first pause between attempts, so that none overtakes another
LIMIT = 8.0
Http = httpx.AsyncClient
MOST_ANSWER = 64 * 1024


class End(StrEnum):
    """What an attempt came to."""

    TAKEN = "taken"
    FAILED = "failed"
    HOPELESS = "hopeless"


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended; `problem` in words, empty when it was taken."""

    end: End
    problem: str = ""


def make_http(trusted: ssl.SSLContext | None = None, limit: float = LIMIT) -> httpx.AsyncClient:
    """Connections for one attempt each, without redirects and without proxies.

    Certificates are checked against `trusted`, by default what the computer trusts.

    No connection is kept: it would be found again by its address, and speak with the certificate
    of another name.
    """
    return httpx.AsyncClient(
        verify=trusted or ssl.create_default_context(),
        timeout=limit,
        follow_redirects=False,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "thingdesk"},
    )


async def post(
    http: httpx.AsyncClient,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    names: Names,
    allowed: Sequence[Network] = (),
    limit: float = LIMIT,
) -> Attempt:
    """POST `body`, within `limit` seconds for all of it; never raises for what the other side does.

    410 and a forbidden URL are hopeless. Every other answer but 2xx failed, a redirect too.
    """
    try:
        async with asyncio.timeout(limit):
            target = await resolve(url, allowed, names)
            async with request(http, "POST", target, headers, content=body) as response:
                await _read(response)
                return _attempt(response.status_code)
    except Forbidden as error:
        return Attempt(End.HOPELESS, str(error))
    except TimeoutError:
        return Attempt(End.FAILED, f"no answer within {limit:g} s")
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        return Attempt(End.FAILED, f"{type(error).__name__}: {error}"[:500])


async def _read(response: httpx.Response) -> None:
    # the answer's status is all that counts; what is short is read, so that its sender is at ease
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > MOST_ANSWER:
            return


def _attempt(status: int) -> Attempt:
    if httpx.codes.is_success(status):
        return Attempt(End.TAKEN)
    if status == httpx.codes.GONE:
        return Attempt(End.HOPELESS, "the other side answered 410 Gone")
    if httpx.codes.is_redirect(status):
        return Attempt(End.FAILED, f"the other side answered {status}; redirects are not followed")
    return Attempt(End.FAILED, f"the other side answered {status}")
