"""The effects of fulfilment. Journeys alone import this, so that nothing bypasses the mandate.

Each is idempotent on its `effect_id`, which is also the id of what it makes: repeating one
returns the first result. `hold_place` and `only_one` make nothing: an offer for now begins with
them.
"""

from thingdesk.fulfilment.appointments.book import book
from thingdesk.fulfilment.appointments.cancel import cancel_appointment
from thingdesk.fulfilment.commands.recall import recall_command
from thingdesk.fulfilment.commands.send import send_command
from thingdesk.fulfilment.dispatch.hold_place import hold_place
from thingdesk.fulfilment.dispatch.under_way import only_one
from thingdesk.fulfilment.jobs.cancel import cancel_job
from thingdesk.fulfilment.jobs.offer import offer_job
from thingdesk.fulfilment.parts.release import release_part
from thingdesk.fulfilment.parts.reserve import reserve_part
from thingdesk.fulfilment.parts.use import use_part

__all__ = [
    "book",
    "cancel_appointment",
    "cancel_job",
    "hold_place",
    "offer_job",
    "only_one",
    "recall_command",
    "release_part",
    "reserve_part",
    "send_command",
    "use_part",
]
