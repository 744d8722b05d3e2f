"""The key that a client certificate holds, as brokers hand it over."""

from base64 import b64decode, urlsafe_b64encode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_PEM = b"-----BEGIN CERTIFICATE-----"
_MOST = 16 * 1024


def key_of(given: str) -> str | None:
    """The `x` of the Ed25519 key of a certificate in PEM, or in base64 of its PEM or DER; None
    where there is none. The broker has seen that its client holds the private key.
    """
    if not 0 < len(given) <= _MOST:
        return None
    try:
        key = _read(given).public_key()
    except ValueError:
        return None
    if not isinstance(key, Ed25519PublicKey):
        return None
    return urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode()


def _read(given: str) -> x509.Certificate:
    raw = given.strip().encode()
    if not raw.startswith(_PEM):
        raw = b64decode(raw, validate=True)  # DER may end with any byte, a blank too
    if raw.lstrip().startswith(_PEM):
        return x509.load_pem_x509_certificate(raw)
    return x509.load_der_x509_certificate(raw)
