"""What somebody sends in parts, never more of it than may be sent, whatever they announce."""

import asyncio
from collections.abc import AsyncIterator

from thingdesk.platform.errors import Recovery, Refused, refuse


async def read(parts: AsyncIterator[bytes], announced: str, most: int, within: float) -> bytes:
    """All of it. Raises Refused when it has more than `most` bytes, or does not come within so many
    seconds. `announced` is the number of bytes as the sender says it, or nothing.
    """
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            async for part in parts:
                body += part
                if len(body) > most:
                    raise _too_large(most)
    except TimeoutError:
        words = f"the body did not come within {within:g} seconds"
        raise refuse("body_late", words, Recovery.RETRY) from None
    return bytes(body)


def broken_off() -> Refused:
    """The refusal of what its sender did not finish."""
    words = "the connection ended before the body did"
    return refuse("body_broken_off", words, Recovery.RETRY)


def _too_large(most: int) -> Refused:
    words = f"the body is too large; send {most} bytes at most, in several requests"
    return refuse("too_large", words)
