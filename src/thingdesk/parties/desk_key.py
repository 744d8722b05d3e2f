"""The desk's own signature: receipts and links are its word."""

from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import OKPKey

from thingdesk.parties import key_store as store
from thingdesk.parties import keys, signatures
from thingdesk.platform import clock
from thingdesk.platform.database import Transaction


@dataclass(frozen=True, slots=True)
class DeskKey:
    """Signs as the desk. `public_jwks` has all keys that it ever signed with, the newest first."""

    kid: str
    public_jwks: tuple[dict[str, str], ...]
    _private: OKPKey = field(repr=False)

    def sign(self, claims: dict[str, Any], typ: str) -> str:
        """`claims` as a compact JWS with EdDSA, its header saying `kid` and `typ`."""
        return signatures.sign(self._private, self.kid, typ, claims)

    def verify(self, token: str, typ: str) -> dict[str, Any]:
        """The claims of what the desk signed as a `typ`. Raises signatures.Unreadable."""
        kid = signatures.key_id(token)
        for jwk in self.public_jwks:
            if jwk["kid"] == kid:
                return signatures.verify(token, signatures.public_key(jwk["x"]), typ)
        raise signatures.Unreadable("the desk has no such key")


async def desk_key(tx: Transaction) -> DeskKey:
    """The desk's key, made on first need; from then on kept by this process."""
    kept = tx.kept.get(DeskKey)
    if isinstance(kept, DeskKey):
        return kept
    known = await store.desk_keys(tx)
    if known:
        key = tx.kept[DeskKey] = _load(known)
        return key
    # not kept yet: this transaction may still come to nothing
    made = OKPKey.generate_key("Ed25519")
    x = str(made.as_dict(private=False)["x"])
    await store.make_desk_key(tx, keys.thumbprint(x), made.as_dict(private=True), clock.now())
    return _load(await store.desk_keys(tx))


def _load(known: list[tuple[str, dict[str, Any]]]) -> DeskKey:
    kid, private = known[0]
    public = tuple(
        {**keys.as_jwk(one["x"]), "kid": one_kid, "alg": signatures.ALGORITHM, "use": "sig"}
        for one_kid, one in known
    )
    return DeskKey(kid, public, OKPKey.import_key(private))
