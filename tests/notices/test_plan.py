from datetime import UTC, datetime, timedelta

import pytest

from thingdesk.notices.model import Channel, Notice, Recipient
from thingdesk.notices.plan import plan_of

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def notice(until: datetime | None = None) -> Notice:
    return Notice(Recipient.machine("press-7"), "case.opened", "A case is open.", until=until)


def test_a_machine_is_told_until_it_acknowledges() -> None:
    assert plan_of("case.opened", Channel.MACHINE).answered


def test_plain_information_by_mail_needs_no_answer_and_a_question_does() -> None:
    assert not plan_of("case.verified", Channel.MAIL).answered
    assert plan_of("decision.asked", Channel.MAIL).answered


@pytest.mark.parametrize("channel", [Channel.MACHINE, Channel.MAIL])
def test_safety_is_never_left_alone_for_long(channel: Channel) -> None:
    again = plan_of("safety.stop", channel).again(40, NOW, NOW + 24 * HOUR, 0.0)
    assert again - NOW <= timedelta(minutes=5)
    assert plan_of("case.opened", channel).again(40, NOW, NOW + 24 * HOUR, 0.0) - NOW >= HOUR


def test_a_notice_ends_by_its_policy_or_earlier_by_its_own_word() -> None:
    plan = plan_of("case.opened", Channel.MACHINE)
    assert plan.ends(notice(), NOW) == NOW + plan.lasts
    assert plan.ends(notice(until=NOW + HOUR), NOW) == NOW + HOUR
    assert plan.ends(notice(until=NOW + 2 * plan.lasts), NOW) == NOW + plan.lasts


def test_the_last_attempt_is_followed_by_the_end_and_not_by_a_pause_beyond_it() -> None:
    plan = plan_of("case.opened", Channel.MACHINE)
    assert plan.again(40, NOW, NOW + timedelta(seconds=1), 0.0) == NOW + timedelta(seconds=1)
