"""One question and its answer, with all limits: all of the answer or none."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from thingdesk.platform.outward.names import Names, NoRoom
from thingdesk.platform.outward.post import LIMIT, MOST_ANSWER
from thingdesk.platform.outward.request import request
from thingdesk.platform.outward.target import Network, resolve

# packed it could be short on the way, and no end of it here
_ACCEPTED = {"accept": "application/json", "accept-encoding": "identity"}


class Unfetched(Exception):
    """There is no such answer, or not within the limits; it says why."""


class Unreached(Unfetched):
    """Nothing was answered at this moment."""


class Unasked(Unreached):
    """Nothing was asked: here was no room to look its name up."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered; `is_json` is what its content type says."""

    status: int
    is_json: bool
    body: bytes = field(repr=False)


async def ask(
    http: httpx.AsyncClient,
    url: str,
    *,
    names: Names,
    allowed: Sequence[Network] = (),
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    sender: str = "",
    most: int = MOST_ANSWER,
    within: float = LIMIT,
) -> Answered:
    """What is at `url`, or what it answers to a `form`: `most` bytes, `within` so many seconds for
    all of it, on behalf of a `sender`. A redirect is an answer, and not followed. Raises Forbidden
    and Unfetched.
    """
    try:
        async with asyncio.timeout(within):
            target = await resolve(url, allowed, names, sender)
            async with request(
                http,
                "GET" if form is None else "POST",
                target,
                {**_ACCEPTED, **(headers or {})},
                data=dict(form) if form is not None else None,
            ) as response:
                body = await _read(response, most)
                return Answered(response.status_code, _is_json(response), body)
    except NoRoom as error:
        raise Unasked(str(error)) from error
    except TimeoutError as error:
        raise Unreached(f"no answer within {within:g} s") from error
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        raise Unreached(f"{type(error).__name__}: {error}"[:300]) from error


def _is_json(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return bool(kind == "application/json" or kind.endswith("+json"))


async def _read(response: httpx.Response, most: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Unfetched("its content is packed")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            raise Unfetched(f"it has more than {most} bytes")
    return bytes(body)
