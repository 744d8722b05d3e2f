"""Receipts: the desk's signed word that it holds what a machine sent."""

from collections.abc import Sequence
from typing import Any

import orjson

from thingdesk.parties.desk_key import DeskKey
from thingdesk.platform import clock
from thingdesk.platform.parts import parts

TYPE = "thingdesk-receipt+jwt"
_MOST_BYTES = 24 * 1024
"""Of a receipt's entries; signed and in base64 they are a third longer."""


def sign_receipts(key: DeskKey, machine: str, entries: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The entries, each an event that is stored, as compact JWS: one, or as many as keep each of
    them short enough for every broker, for an outcome can be much longer than what asked for it.
    """
    claims = {"iss": "thingdesk", "sub": machine, "iat": int(clock.now().timestamp())}
    return tuple(
        key.sign({**claims, "events": part}, TYPE) for part in parts(entries, _size, _MOST_BYTES)
    )


def _size(entry: dict[str, Any]) -> int:
    return len(orjson.dumps(entry)) + 1
