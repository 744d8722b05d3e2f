from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from thingdesk import parties
from thingdesk.platform.errors import Refused

# RFC 8037, appendix A.1 to A.3
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_kid_is_that_of_the_standards_example() -> None:
    assert parties.thumbprint(X) == KID


@pytest.mark.parametrize(
    "given_key",
    [
        X,
        f" {X}= ",
        {"kty": "OKP", "crv": "Ed25519", "x": X, "kid": "whatever"},
        orjson.dumps({"kty": "OKP", "crv": "Ed25519", "x": X}).decode(),
        OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": X}).as_pem().decode(),
    ],
)
def test_a_key_is_read_as_people_paste_it(given_key: Any) -> None:
    assert parties.read_key(given_key) == X


def test_two_spellings_of_a_key_are_one() -> None:
    # the last letter carries two bits that mean nothing
    other = X[:-1] + "p"
    assert urlsafe_b64decode(other + "=") == urlsafe_b64decode(X + "=")
    assert parties.read_key(other) == X


@pytest.mark.parametrize(
    ("given_key", "code"),
    [
        ({"kty": "OKP", "crv": "Ed25519", "x": X, "d": "secret"}, "key_private"),
        ({"kty": "OKP", "crv": "X25519", "x": X}, "key_unsuitable"),
        ({"kty": "EC", "crv": "P-256", "x": X, "y": X}, "key_unsuitable"),
        ({"kty": "OKP", "crv": "Ed25519"}, "key_unsuitable"),
        ({"kty": "OKP", "crv": "Ed25519", "x": 7}, "key_unsuitable"),
        ('{"kty": "OKP"', "key_unsuitable"),
        ("{}", "key_unsuitable"),
        ("", "key_unsuitable"),
        (X[:-1], "key_unsuitable"),
        (X[:-2] + "+/", "key_unsuitable"),
        (X + "AAAA", "key_unsuitable"),
        # the identity, its other spelling, and nothing at all: good for a signature without a key
        ("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "key_unsuitable"),
        ("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA", "key_unsuitable"),
        ("A" * 43, "key_unsuitable"),
        (OKPKey.generate_key("Ed25519").as_pem(private=True).decode(), "key_private"),
        (OKPKey.generate_key("X25519").as_pem(private=False).decode(), "key_unsuitable"),
        ("-----BEGIN PUBLIC KEY-----\nno base64!\n-----END PUBLIC KEY-----", "key_unsuitable"),
        ("-----BEGIN PUBLIC KEY-----", "key_unsuitable"),
    ],
)
def test_what_is_no_public_key_is_refused(given_key: Any, code: str) -> None:
    with pytest.raises(Refused) as caught:
        parties.read_key(given_key)
    assert caught.value.refusal.code == code


@given(st.binary(min_size=32, max_size=32))
def test_the_thumbprint_agrees_with_the_librarys(raw: bytes) -> None:
    assume(len(set(raw)) > 3)  # no point of small order
    x = urlsafe_b64encode(raw).rstrip(b"=").decode()
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": parties.read_key(x)})
    assert parties.thumbprint(x) == key.thumbprint()
