"""Proofs that whoever shows a token holds its key: DPoP, RFC 9449. Pure."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from thingdesk.access import jose
from thingdesk.platform.errors import Recovery, Refused, refuse

TYPE = "dpop+jwt"
BEFORE, AFTER = timedelta(seconds=60), timedelta(seconds=30)
"""How old a proof may be, and how far ahead of us its maker's clock."""
_LONGEST = 4096
_LONGEST_ID = 256
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proof:
    """One that holds: the thumbprint of its key, the digest of its id under this key, and until
    when nobody may show it again.
    """

    jkt: str
    digest: bytes
    until: datetime


def read_proof(proof: str, method: str, url: str, now: datetime, token: str | None = None) -> Proof:
    """What a proof proves for a request by `method` to `url`, and where there is one, with this
    token. Whether it was shown before is not looked at here. Raises Refused.
    """
    if len(proof) > _LONGEST:
        raise refuse("proof_unreadable", f"a proof has {_LONGEST} characters at most")
    try:
        jwk = jose.header(proof).get("jwk")
        if not isinstance(jwk, dict):
            raise _unreadable("its header has no jwk")
        claims, jkt = jose.verify(proof, jwk, TYPE), jose.thumbprint(jwk)
    except (jose.Unreadable, ValueError) as error:
        raise _unreadable(str(error)) from error
    if claims.get("htm") != method:
        raise _wrong("htm", "is not the method of this request")
    if _plain(claims.get("htu")) != _plain(url):
        raise _wrong("htu", "is not the address of this request")
    if token is not None and claims.get("ath") != digest_of(token):
        raise _wrong("ath", "is not the digest of the token that came with it")
    return Proof(jkt, _digest(jkt, claims.get("jti")), _until(claims.get("iat"), now))


def shown_as(proof: str) -> bytes | None:
    """The digest of a proof that was read and holds."""
    return once(jose.thumbprint(jose.header(proof)["jwk"]), jose.unproven(proof).get("jti"))


def digest_of(token: str) -> str:
    """SHA-256 in base64url, as `ath` has it."""
    return urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()


def once(scope: str, jti: object) -> bytes | None:
    """By what it is remembered that an id was used within a scope; None when it is no id."""
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_ID:
        return None
    return sha256(f"{scope} {jti}".encode(errors="surrogatepass")).digest()


def _digest(jkt: str, jti: object) -> bytes:
    digest = once(jkt, jti)
    if digest is None:
        raise _wrong("jti", f"is no text of 1 to {_LONGEST_ID} characters")
    return digest


def _until(iat: Any, now: datetime) -> datetime:
    if type(iat) not in (int, float) or not 0 <= iat < 1 << 33:
        raise _wrong("iat", "is no number of seconds since 1970")
    made = datetime.fromtimestamp(iat, UTC)
    if not now - BEFORE <= made <= now + AFTER:
        words = f"the proof is not of now; the desk's time is {now:%Y-%m-%dT%H:%M:%SZ}: make one"
        raise refuse("proof_expired", words, Recovery.RETRY)
    return made + BEFORE


def _plain(url: Any) -> tuple[str, str, int, str] | None:
    """Scheme, host, port and path, by which two addresses are the same (RFC 3986, 6.2); None for
    one that none of ours can be.
    """
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        scheme, port = parts.scheme.lower(), parts.port
    except ValueError:
        return None
    if parts.username is not None:
        return None
    port = _PORTS.get(scheme, 0) if port is None else port
    return scheme, parts.hostname or "", port, parts.path or "/"


def _wrong(claim: str, problem: str) -> Refused:
    return refuse("proof_wrong", f"the proof's {claim} {problem}: make a new proof")


def _unreadable(problem: str) -> Refused:
    return refuse("proof_unreadable", f"the proof cannot be read: {problem}")
