import asyncio
from collections.abc import Sequence

from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.target import Forbidden, Network, resolve

_WITHIN = 3.0


async def why_forbidden(
    url: str, allowed: Sequence[Network], names: Names, sender: str = ""
) -> str | None:
    """Why `url` would never be called; None when it would, or its name has no address just now, or
    too many are being looked up, of all or for this `sender`.
    """
    try:
        async with asyncio.timeout(_WITHIN):
            await resolve(url, allowed, names, sender)
    except Forbidden as error:
        return str(error)
    except (OSError, UnicodeError):
        return None
    return None
