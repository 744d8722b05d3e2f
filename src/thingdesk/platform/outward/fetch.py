"""A GET with all limits, and all of its answer or none."""

import asyncio
from collections.abc import Sequence

import httpx

from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.target import Forbidden, Network, resolve

# packed it could be short on the way, and no end of it here
_ACCEPTED = {"accept": "application/json", "accept-encoding": "identity"}


class Unfetched(Exception):
    """There is no such document, or not within the limits; it says why."""


async def fetch(
    http: httpx.AsyncClient,
    url: str,
    *,
    names: Names,
    allowed: Sequence[Network] = (),
    most: int,
    within: float,
) -> bytes:
    """The JSON document at `url`, of `most` bytes at most, within so many seconds. No redirect is
    followed. Raises Unfetched.
    """
    try:
        async with asyncio.timeout(within):
            target = await resolve(url, allowed, names)
            async with http.stream(
                "GET",
                target.url,
                headers={"host": target.host, **_ACCEPTED},
                extensions={"sni_hostname": target.name},
            ) as response:
                return await _read(response, most)
    except Forbidden as error:
        raise Unfetched(str(error)) from error
    except TimeoutError as error:
        raise Unfetched(f"no answer within {within:g} s") from error
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        raise Unfetched(f"{type(error).__name__}: {error}"[:300]) from error


async def _read(response: httpx.Response, most: int) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise Unfetched(f"the other side answered {response.status_code}")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Unfetched("its content is no JSON")
    if "content-encoding" in response.headers:
        raise Unfetched("its content is packed")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise Unfetched(f"it has more than {most} bytes")
    return bytes(body)
