import ssl
from dataclasses import dataclass, field
from typing import Literal

from thingdesk_machine.backoff import Backoff
from thingdesk_machine.envelope import MAX_EVENTS
from thingdesk_machine.outbox import Drop


@dataclass(frozen=True)
class Options:
    """What a maker may want otherwise; times in seconds.

    `limit`: how many signals, and how many reports, may wait on disk for their receipt.
    `drop`: what happens to a signal for which there is no room: `never` raises QueueFull,
    `oldest` gives up the oldest waiting signal, and counts it.
    `batch`: the most events in one message.
    `ledger`: how many ended events stay readable.
    `patience`: how long a receipt is waited for before the events are sent again.
    `reconnect`: how long to wait before the next attempt to connect, or to poll, after a failure.
    `poll`: how often notices and commands are asked for over HTTP.
    `mqtt`: the protocol version; `auto` tries 5 and falls back to 3.1.1.
    `keepalive`: after twice this silence a broker counts as gone.
    `session`: how long an MQTT 5 broker keeps what it could not deliver.
    `tls`: a context of your own, for `mqtts` and `https`.
    """

    limit: int = 100_000
    drop: Drop = "never"
    batch: int = 100
    ledger: int = 100_000
    patience: Backoff = field(default=Backoff(first=5.0, longest=120.0))
    reconnect: Backoff = field(default=Backoff(first=0.5, longest=60.0))
    poll: float = 5.0
    mqtt: Literal["auto", "5", "3.1.1"] = "auto"
    keepalive: int = 30
    session: int = 7 * 24 * 3600
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= MAX_EVENTS:
            raise ValueError(f"batch is {self.batch}, 1 to {MAX_EVENTS} are allowed")
        if self.limit < 1 or self.ledger < 1:
            raise ValueError("limit and ledger are at least 1")
