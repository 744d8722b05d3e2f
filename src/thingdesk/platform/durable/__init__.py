"""Durable runs: functions whose progress is kept in PostgreSQL.

What enters: a start or a message, written in the caller's own transaction. What leaves: whatever
the steps write, committed together with the record that they were done. Always true: a step that
is recorded has happened once, and a step that is not recorded has left nothing behind.
"""

from thingdesk.platform.durable.engine import (
    Engine,
    drop,
    forget,
    send,
    start,
    stop,
    tell_stuck,
)
from thingdesk.platform.durable.measure import measure
from thingdesk.platform.durable.model import Changed, Fenced, Message, Priority, Suspended
from thingdesk.platform.durable.run import Function, Run
from thingdesk.platform.durable.store import stuck, waits

__all__ = [
    "Changed",
    "Engine",
    "Fenced",
    "Function",
    "Message",
    "Priority",
    "Run",
    "Suspended",
    "drop",
    "forget",
    "measure",
    "send",
    "start",
    "stop",
    "stuck",
    "tell_stuck",
    "waits",
]
