from datetime import UTC, datetime, timedelta

import pytest

from thingdesk.platform.outward import Unsigned, sign, verify

# the example of https://docs.svix.com/receiving/verifying-payloads/how-manual
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example() -> None:
    assert sign(SECRET, ID, AT, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


@pytest.mark.parametrize("secret", [SECRET, "any other text"])
def test_what_is_signed_verifies(secret: str) -> None:
    headers = sign(secret, ID, AT, BODY)
    assert verify(secret, headers, BODY, AT + timedelta(minutes=5)) == ID
    several = headers | {"webhook-signature": f"v1,c29tZQ== {headers['webhook-signature']}"}
    assert verify(secret, several, BODY, AT) == ID


@pytest.mark.parametrize(
    ("changes", "body", "now"),
    [
        ({}, b'{"test": 1}', AT),
        ({"webhook-id": "msg_other"}, BODY, AT),
        ({"webhook-timestamp": "1614265331"}, BODY, AT),
        ({"webhook-timestamp": "yesterday"}, BODY, AT),
        ({"webhook-timestamp": "9" * 40}, BODY, AT),
        ({"webhook-signature": ""}, BODY, AT),
        ({"webhook-signature": "v1,ü"}, BODY, AT),
        ({}, BODY, AT + timedelta(minutes=6)),
        ({}, BODY, AT - timedelta(minutes=6)),
    ],
)
def test_what_was_changed_or_is_old_does_not(
    changes: dict[str, str], body: bytes, now: datetime
) -> None:
    with pytest.raises(Unsigned):
        verify(SECRET, sign(SECRET, ID, AT, BODY) | changes, body, now)


def test_a_missing_header_and_another_secret() -> None:
    headers = sign(SECRET, ID, AT, BODY)
    with pytest.raises(Unsigned):
        verify("whsec_AAAA", headers, BODY, AT)
    for name in headers:
        with pytest.raises(Unsigned, match=name):
            verify(SECRET, {one: headers[one] for one in headers if one != name}, BODY, AT)


def test_a_secret_that_is_no_base64_says_so() -> None:
    with pytest.raises(ValueError, match="base64"):
        sign("whsec_!", ID, AT, BODY)
