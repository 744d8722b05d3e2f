"""Which status says what a refusal says."""

import pytest

from thingdesk.calling import status_of
from thingdesk.platform.errors import Recovery, Refusal

OURS = ("desk_busy", "desk_failed")
TOO_MUCH = ("too_many_holds", "too_many_calls", "too_many_follow", "too_much_at_once")
TOO_EARLY = ("hold_not_ready", "nobody_waits", "request_expired", "one of tomorrow")


@pytest.mark.parametrize(
    ("codes", "status"), [(OURS, 503), (TOO_MUCH, 429), (TOO_EARLY, 409), (("body_late",), 408)]
)
def test_only_what_the_desk_could_not_do_is_its_own_failure(
    codes: tuple[str, ...], status: int
) -> None:
    found = {code: status_of(Refusal(code, "words", Recovery.RETRY)) for code in codes}
    assert found == dict.fromkeys(codes, status)


@pytest.mark.parametrize("code", ["service_failed", "outcome_too_long"])
def test_a_mistake_in_a_services_code_is_not_the_callers(code: str) -> None:
    assert status_of(Refusal(code, "words", Recovery.CONTACT_US)) == 500
