"""The address is called, and the certificate is checked against the name."""

import ssl
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.listener import listening

from thingdesk.platform import clock
from thingdesk.platform.outward.names import Names
from thingdesk.platform.outward.post import Attempt, End, make_http, post

LOOPBACK = (ip_network("127.0.0.0/8"),)


def certified(
    folder: Path, name: str, *, begins: timedelta = timedelta(days=-1)
) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What serves with a certificate for `name`, and what trusts that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + begins + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    )
    file = folder / "both.pem"
    file.write_bytes(pem + private)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())


async def attempt(server: ssl.SSLContext, trusted: ssl.SSLContext | None) -> Attempt:
    async with listening(server) as listener, make_http(trusted) as http:
        url = f"https://localhost:{listener.port}/jobs"
        return await post(http, url, {}, b"hello", names=Names(), allowed=LOOPBACK)


async def test_a_certificate_for_the_name_is_taken(tmp_path: Path) -> None:
    server, trusted = certified(tmp_path, "localhost")
    assert await attempt(server, trusted) == Attempt(End.TAKEN)


@pytest.mark.parametrize("knows_it", [True, False])
async def test_one_for_another_name_or_from_nobody_is_not(tmp_path: Path, knows_it: bool) -> None:
    server, trusted = certified(tmp_path, "other.example" if knows_it else "localhost")
    failed = await attempt(server, trusted if knows_it else None)
    assert failed.end is End.FAILED
    assert "CERTIFICATE_VERIFY_FAILED" in failed.problem
