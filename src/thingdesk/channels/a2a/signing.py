"""The desk's signature under its card: JWS over RFC 8785 (specification, 8.4)."""

from typing import Any

from a2a.types import AgentCard, AgentCardSignature
from google.protobuf.json_format import MessageToDict

from thingdesk.parties import DeskKey
from thingdesk.platform.canonical import canonical

_TYPE = "JOSE"


def signed(card: AgentCard, key: DeskKey, base: str) -> AgentCard:
    """The card with the desk's signature; `jku` in its header is where the key is published."""
    header, _, signature = key.sign_text(
        canonical(_stripped(MessageToDict(card))), _TYPE, jku=f"{base}/oauth/jwks.json"
    ).split(".")
    made = AgentCard()
    made.CopyFrom(card)
    made.signatures.append(AgentCardSignature(protected=header, signature=signature))
    return made


def _stripped(value: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty, at any depth: what is signed has no field that says nothing."""
    kept = {name: _strip(one) for name, one in value.items()}
    return {name: one for name, one in kept.items() if not _is_empty(one)}


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return _stripped(value)
    if isinstance(value, list):
        return [kept for one in value if not _is_empty(kept := _strip(one))]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, dict)) and not value)
