"""A secret that two programs share, shown in a request's header."""

import hmac
from base64 import b64decode


def shows(authorization: str, secret: str) -> bool:
    """Whether the header shows the secret: as bearer, or as the password of basic authentication.
    How long it takes says nothing of it.
    """
    scheme, _, shown = authorization.partition(" ")
    if scheme.lower() == "basic":
        shown = _password(shown)
    elif scheme.lower() != "bearer":
        shown = ""
    return hmac.compare_digest(shown.strip().encode(), secret.encode())


def _password(shown: str) -> str:
    try:
        return b64decode(shown, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
