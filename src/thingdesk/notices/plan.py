"""How long and how often a notice is attempted. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from thingdesk.notices.model import Channel, Notice
from thingdesk.platform.backoff import Backoff


@dataclass(frozen=True, slots=True)
class Plan:
    """Attempts for `lasts`, with `backoff` between them.

    `answered`: only an acknowledgement ends it. Then a channel that took it waits for `remind`
    before it goes out again. Otherwise being taken by the channel ends it.
    """

    lasts: timedelta
    backoff: Backoff
    answered: bool
    remind: timedelta = timedelta(days=1)

    def ends(self, notice: Notice, told_at: datetime) -> datetime:
        """When it is given up."""
        end = told_at + self.lasts
        return min(end, notice.until) if notice.until else end

    def again(self, attempts: int, now: datetime, until: datetime, draw: float) -> datetime:
        """When the attempt after `attempts` is due; the last one is due at `until`, to give up."""
        return min(now + self.backoff.pause(attempts, draw), max(until, now))


_SECONDS, _MINUTES = timedelta(seconds=1), timedelta(minutes=1)
_HOURS, _DAYS = timedelta(hours=1), timedelta(days=1)

# The first pause is also the time that a claimer has for itself: longer than an attempt takes.
# RFC 5321, 4.5.4.1, asks senders of mail to try for four to five days, half an hour apart or more.
_BY_CHANNEL = {
    Channel.MACHINE: Plan(7 * _DAYS, Backoff(5 * _SECONDS, 1 * _HOURS), answered=True),
    Channel.MAIL: Plan(5 * _DAYS, Backoff(5 * _MINUTES, 4 * _HOURS), answered=False),
}
_BY_KIND = {
    ("safety", Channel.MACHINE): Plan(
        1 * _DAYS, Backoff(2 * _SECONDS, 1 * _MINUTES), answered=True
    ),
    ("safety", Channel.MAIL): Plan(1 * _DAYS, Backoff(1 * _MINUTES, 5 * _MINUTES), answered=False),
    # somebody waits for the answer
    ("hold", Channel.MACHINE): Plan(1 * _DAYS, Backoff(2 * _SECONDS, 1 * _MINUTES), answered=True),
    ("job", Channel.MAIL): Plan(1 * _DAYS, Backoff(1 * _MINUTES, 5 * _MINUTES), answered=False),
    ("decision", Channel.MAIL): Plan(60 * _DAYS, Backoff(5 * _MINUTES, 4 * _HOURS), answered=True),
}


def plan_of(kind: str, channel: Channel) -> Plan:
    """Of the first word of a notice's kind on this channel, else the channel's."""
    return _BY_KIND.get((kind.partition(".")[0], channel), _BY_CHANNEL[channel])
