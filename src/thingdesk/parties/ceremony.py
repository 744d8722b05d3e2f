"""Passkeys as browsers speak of them (WebAuthn level 3), by the library `webauthn`."""

from collections.abc import Sequence
from dataclasses import dataclass

import webauthn
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from thingdesk.parties.model import Staff
from thingdesk.parties.proofs import Passkey, Place

LONGEST_ANSWER = 16 * 1024
_WITHIN = 120_000
_TRANSPORTS = {one.value for one in AuthenticatorTransport}


class Unfit(Exception):
    """What came from the browser does not prove anything."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey, as its authenticator made it."""

    credential: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


def ask_for_new(
    staff: Staff, known: Sequence[Passkey], place: Place, challenge: bytes, desk: str
) -> str:
    """What the browser is to be told, as JSON, so that `staff` get one more passkey."""
    options = webauthn.generate_registration_options(
        rp_id=place.name,
        rp_name=desk,
        user_id=staff.id.bytes,
        user_name=staff.email,
        user_display_name=staff.name,
        challenge=challenge,
        timeout=_WITHIN,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[_described(one) for one in known],
    )
    return webauthn.options_to_json(options)


def ask_for_proof(known: Sequence[Passkey], place: Place, challenge: bytes) -> str:
    """What the browser is to be told, as JSON, so that one of the `known` passkeys signs."""
    options = webauthn.generate_authentication_options(
        rp_id=place.name,
        challenge=challenge,
        timeout=_WITHIN,
        allow_credentials=[_described(one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def read_new(answer: str, place: Place, challenge: bytes) -> Made:
    """The new passkey of a browser's answer. Raises Unfit."""
    try:
        found = webauthn.verify_registration_response(
            credential=_bounded(answer),
            expected_challenge=challenge,
            expected_rp_id=place.name,
            expected_origin=place.origin,
            require_user_verification=True,
        )
        said = webauthn.helpers.parse_registration_credential_json(answer).response.transports
    except Exception as error:  # the library meets what a browser sent with errors of every kind
        raise Unfit(type(error).__name__) from error
    transports = tuple(one.value for one in said or ())
    return Made(found.credential_id, found.credential_public_key, found.sign_count, transports)


def read_proof(
    answer: str, known: Sequence[Passkey], staff: Staff, place: Place, challenge: bytes
) -> tuple[Passkey, int]:
    """Which of the `known` passkeys has signed, and how far it has counted. Raises Unfit.

    Whether it counted on is for the caller to see, once the signature is known to be good.
    """
    try:
        given = webauthn.helpers.parse_authentication_credential_json(_bounded(answer))
        passkey = next(one for one in known if one.credential == given.raw_id)
        if given.response.user_handle not in {None, b"", staff.id.bytes}:
            raise Unfit("it is somebody else's")  # noqa: TRY301 - the same to whoever asked
        found = webauthn.verify_authentication_response(
            credential=given,
            expected_challenge=challenge,
            expected_rp_id=place.name,
            expected_origin=place.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # as above; a passkey that is not known, too
        raise Unfit(type(error).__name__) from error
    return passkey, found.new_sign_count


def _bounded(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise Unfit("it is too long")
    return answer


def _described(one: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(name) for name in one.transports if name in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=one.credential, transports=transports)
