"""Recordings of real machines, to run the desk on.

A file enters; what its machines would have sent leaves, in the order in which they would send it,
through real MQTT. Always true: a row that cannot be read is reported with its line and reason, and
the rest goes on; intervals between the signals of a machine are the recording's own; an event's id
is file and line, and the same recording replayed again is the same events, to the byte.
"""

from thingdesk.replay.recorded import Recorded, Unreadable
from thingdesk.replay.recordings import UnknownRecordingError, read
from thingdesk.replay.replay import ReplayError, Wanted
from thingdesk.replay.show import desk_of, show
from thingdesk.replay.times import Due, ending_at, in_sending_order

__all__ = [
    "Due",
    "Recorded",
    "ReplayError",
    "UnknownRecordingError",
    "Unreadable",
    "Wanted",
    "desk_of",
    "ending_at",
    "in_sending_order",
    "read",
    "show",
]
