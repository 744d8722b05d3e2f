"""What is sealed in a session's id, so that every worker can go on with it: no worker keeps it."""

from typing import Any

import orjson
from mcp.server.request_state import AESGCMRequestStateCodec, InvalidRequestState
from mcp_types import ClientCapabilities, Implementation, InitializeRequestParams
from pydantic import ValidationError

from thingdesk.platform import clock

_LASTS = 24 * 3600
_LONGEST_NAME = 64


class Sessions:
    """Names sessions, and reads the names. A name is good for the caller that it was made for, for
    a day; `secret` is all workers'.
    """

    def __init__(self, secret: bytes) -> None:
        self._codec = AESGCMRequestStateCodec([secret])

    def name(self, params: InitializeRequestParams, principal: str) -> str:
        """The id of a session that begins so."""
        can = params.capabilities
        said: dict[str, Any] = {
            "p": principal,
            "v": params.protocol_version,
            "n": params.client_info.name[:_LONGEST_NAME],
            "c": ClientCapabilities(
                elicitation=can.elicitation, sampling=can.sampling, roots=can.roots
            ).model_dump(by_alias=True, mode="json", exclude_none=True),
            "e": int(clock.now().timestamp()) + _LASTS,
        }
        return self._codec.seal(orjson.dumps(said))

    def read(self, name: str, principal: str) -> InitializeRequestParams | None:
        """How it began; None for one that is not ours, not this caller's, or over."""
        try:
            said = orjson.loads(self._codec.unseal(name))
            if said["p"] != principal or said["e"] < clock.now().timestamp():
                return None
            return InitializeRequestParams(
                protocol_version=said["v"],
                capabilities=ClientCapabilities.model_validate(said["c"]),
                client_info=Implementation(name=said["n"], version=""),
            )
        except (InvalidRequestState, orjson.JSONDecodeError, KeyError, ValidationError):
            return None
