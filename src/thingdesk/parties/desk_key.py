"""The desk's own signature: receipts, links and tokens are its word."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import digest
from typing import Any
from uuid import UUID

from joserfc.jwk import OKPKey

from thingdesk import timeline
from thingdesk.parties import events, keys, signatures
from thingdesk.parties import key_store as store
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction

DESK_KEY = "desk_key"
"""What is notified when the desk has a new key; each process then looks (`refresh_desk_key`)."""
SIGNS_AFTER = timedelta(minutes=1)
"""By then every process knows a new key, and caches of the public ones are over."""


@dataclass(frozen=True, slots=True)
class _Key:
    kid: str
    signs_from: datetime
    public: dict[str, str]
    private: OKPKey = field(repr=False)


class DeskKey:
    """Signs as the desk. There may be new keys while it is used: it stays the same, and knows
    them; what an older one has signed stays good.
    """

    def __init__(self, known: Sequence[tuple[str, dict[str, Any], datetime]]) -> None:
        self._keys: tuple[_Key, ...] = ()
        self.learn(known)

    def learn(self, known: Sequence[tuple[str, dict[str, Any], datetime]]) -> None:
        """All that there are: kid, private key, and from when on it signs; that which signs last
        is the first.
        """
        had = {one.kid: one for one in self._keys}
        self._keys = tuple(had.get(one[0]) or _load(*one) for one in known)

    @property
    def kid(self) -> str:
        """Of the key that signs now."""
        return self._signing.kid

    @property
    def public_jwks(self) -> tuple[dict[str, str], ...]:
        """All keys that it ever signed with, and those it will sign with, the newest first."""
        return tuple(one.public for one in self._keys)

    @property
    def _signing(self) -> _Key:
        now = clock.now()
        return next((one for one in self._keys if one.signs_from <= now), self._keys[-1])

    def sign(self, claims: dict[str, Any], typ: str) -> str:
        """`claims` as a compact JWS with EdDSA, its header saying `kid` and `typ`."""
        key = self._signing
        return signatures.sign(key.private, key.kid, typ, claims)

    def sign_text(self, text: bytes, typ: str, **header: str) -> str:
        """The very bytes as a compact JWS, with what else its header is to say."""
        key = self._signing
        return signatures.sign_text(key.private, key.kid, typ, text, header)

    def secret(self, purpose: str) -> bytes:
        """32 bytes that every process of the desk knows and nobody else, others for each
        `purpose`. They are made from the desk's first key, so that they stay when keys rotate.
        """
        private = str(self._keys[-1].private.as_dict(private=True)["d"])
        return digest(private.encode(), f"thingdesk {purpose}".encode(), sha256)

    def verify(self, token: str, typ: str) -> dict[str, Any]:
        """The claims of what the desk signed as a `typ`. Raises signatures.Unreadable."""
        kid = signatures.key_id(token)
        for one in self._keys:
            if one.kid == kid:
                return signatures.verify(token, signatures.public_key(one.public["x"]), typ)
        raise signatures.Unreadable("the desk has no such key")


def _load(kid: str, private: dict[str, Any], signs_from: datetime) -> _Key:
    about = {"kid": kid, "alg": signatures.ALGORITHM, "use": "sig"}
    public = {**keys.as_jwk(private["x"]), **about}
    return _Key(kid, signs_from, public, OKPKey.import_key(private))


async def desk_key(tx: Transaction) -> DeskKey:
    """The desk's key, made on first need; from then on kept by this process."""
    kept = tx.kept.get(DeskKey)
    if isinstance(kept, DeskKey):
        return kept
    known = await store.desk_keys(tx)
    if known:
        key = tx.kept[DeskKey] = DeskKey(known)
        return key
    # not kept yet: this transaction may still come to nothing
    await _make(tx, clock.now(), first=True)
    return DeskKey(await store.desk_keys(tx))


async def rotate_desk_key(
    tx: Transaction, after: timedelta = SIGNS_AFTER, by: UUID | None = None
) -> str:
    """A new key, known to everybody from now on, which signs when `after` is over, but not sooner
    than in a minute; its kid. What was signed before stays good.
    """
    signs_from = clock.now() + max(after, SIGNS_AFTER)
    kid = await _make(tx, signs_from, first=False)
    timeline.append(tx, "desk", events.DeskKeyAdded(kid, signs_from.isoformat(), by))
    tx.notify(DESK_KEY)
    return kid


async def refresh_desk_key(tx: Transaction) -> int:
    """Learn which keys the desk has now. There is never more to do."""
    kept = tx.kept.get(DeskKey)
    if isinstance(kept, DeskKey):
        kept.learn(await store.desk_keys(tx))
    return 0


async def _make(tx: Transaction, signs_from: datetime, *, first: bool) -> str:
    made = OKPKey.generate_key("Ed25519")
    kid = keys.thumbprint(str(made.as_dict(private=False)["x"]))
    private = made.as_dict(private=True)
    await store.make_desk_key(tx, kid, private, clock.now(), signs_from, first=first)
    return kid
