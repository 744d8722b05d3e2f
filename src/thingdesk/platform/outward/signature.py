"""Signatures as in Standard Webhooks, scheme v1. Pure.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)


class Unsigned(ValueError):
    """The message is not from whom it says, was changed, or is too old."""


def sign(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for a message. `secret` is `whsec_` and base64, or any other text."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{_signature(secret, message_id, timestamp, body)}",
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a message that is signed and fresh. Raises Unsigned.

    `headers` has its names in lower case. A receiver drops what it has seen under the same id.
    """
    try:
        message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        given = headers["webhook-signature"].split(" ")
        at = datetime.fromtimestamp(int(timestamp), UTC)
    except KeyError as error:
        raise Unsigned(f"the header {error} is missing") from error
    except (ValueError, OverflowError, OSError) as error:
        raise Unsigned("webhook-timestamp is no time") from error
    right = f"v1,{_signature(secret, message_id, timestamp, body)}".encode()
    if not any(hmac.compare_digest(right, one.encode()) for one in given):
        raise Unsigned("no signature fits")
    if abs(now - at) > TOLERANCE:
        raise Unsigned("the message is too old, or a clock is off")
    return message_id


def _signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return b64encode(hmac.digest(_key(secret), signed, sha256)).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret that begins with whsec_ goes on in base64") from error
