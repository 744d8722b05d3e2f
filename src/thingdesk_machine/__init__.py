"""The client library for makers of machines: report, signal, notices, commands."""

__version__ = "0.1.1"

from thingdesk_machine.backoff import Backoff
from thingdesk_machine.commands import Command
from thingdesk_machine.errors import (
    Closed,
    CommandRefused,
    DifferentContent,
    Dropped,
    FieldProblem,
    MachineError,
    NotSendable,
    QueueFull,
    QueueInUse,
    QueueUnreadable,
    Refusal,
    Refused,
)
from thingdesk_machine.http import desk_keys
from thingdesk_machine.identity import Identity
from thingdesk_machine.ledger import CommandRecord, EventRecord, Ledger, NoticeRecord
from thingdesk_machine.machine import Machine
from thingdesk_machine.notices import Notice
from thingdesk_machine.options import Options
from thingdesk_machine.receipts import Receipt

__all__ = [
    "Backoff",
    "Closed",
    "Command",
    "CommandRecord",
    "CommandRefused",
    "DifferentContent",
    "Dropped",
    "EventRecord",
    "FieldProblem",
    "Identity",
    "Ledger",
    "Machine",
    "MachineError",
    "NotSendable",
    "Notice",
    "NoticeRecord",
    "Options",
    "QueueFull",
    "QueueInUse",
    "QueueUnreadable",
    "Receipt",
    "Refusal",
    "Refused",
    "desk_keys",
]
