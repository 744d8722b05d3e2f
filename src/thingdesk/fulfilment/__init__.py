"""What journeys get things done with: providers and their jobs, parts, appointments, commands.

What enters: effects of a journey (`fulfilment.effects`, for journeys alone), and the answers of
providers and machines. What leaves: offers and commands, which channels claim, and a message to
the journey for every answer. Always true: an effect with the same id happens once; parts never go
below zero and slots never above capacity; what comes late, twice or from somebody else changes
nothing.
"""

from thingdesk.fulfilment.appointments.model import Appointment, AppointmentState, Period, Slot
from thingdesk.fulfilment.appointments.slots import slots
from thingdesk.fulfilment.appointments.store import appointments, appointments_of, next_starts
from thingdesk.fulfilment.commands.claim import claim_due_commands, waiting_commands
from thingdesk.fulfilment.commands.expire import expire_commands
from thingdesk.fulfilment.commands.model import RESULTS, Command, CommandState, SentCommand, Settled
from thingdesk.fulfilment.commands.model import key as command_key
from thingdesk.fulfilment.commands.read import Result, read_result
from thingdesk.fulfilment.commands.settle import settle_command
from thingdesk.fulfilment.commands.store import commands_of
from thingdesk.fulfilment.dispatch.model import Candidate, Need, Reason, distance, why_none
from thingdesk.fulfilment.dispatch.nearest import nearest
from thingdesk.fulfilment.dispatch.under_way import ALREADY, is_under_way
from thingdesk.fulfilment.erase import erase
from thingdesk.fulfilment.jobs.accept import accept
from thingdesk.fulfilment.jobs.arrived import arrived
from thingdesk.fulfilment.jobs.claim import claim_due_offers
from thingdesk.fulfilment.jobs.decline import decline
from thingdesk.fulfilment.jobs.delivered import delivered
from thingdesk.fulfilment.jobs.done import done
from thingdesk.fulfilment.jobs.expire import expire_jobs
from thingdesk.fulfilment.jobs.give_up import give_up, not_delivered
from thingdesk.fulfilment.jobs.model import (
    Delivery,
    DeliveryKind,
    Evidence,
    Job,
    JobOffer,
    JobState,
)
from thingdesk.fulfilment.jobs.model import key as job_key
from thingdesk.fulfilment.jobs.store import get_job, in_hand, jobs_of, jobs_of_provider
from thingdesk.fulfilment.jobs.tell_provider import JOB_PAGE, job_page
from thingdesk.fulfilment.jobs.under_way import under_way
from thingdesk.fulfilment.measure import measure
from thingdesk.fulfilment.parts.model import Reservation, ReservationState, StockLine
from thingdesk.fulfilment.parts.set_stock import set_stock
from thingdesk.fulfilment.parts.store import parts_of, stock_of

__all__ = [
    "ALREADY",
    "JOB_PAGE",
    "RESULTS",
    "Appointment",
    "AppointmentState",
    "Candidate",
    "Command",
    "CommandState",
    "Delivery",
    "DeliveryKind",
    "Evidence",
    "Job",
    "JobOffer",
    "JobState",
    "Need",
    "Period",
    "Reason",
    "Reservation",
    "ReservationState",
    "Result",
    "SentCommand",
    "Settled",
    "Slot",
    "StockLine",
    "accept",
    "appointments",
    "appointments_of",
    "arrived",
    "claim_due_commands",
    "claim_due_offers",
    "command_key",
    "commands_of",
    "decline",
    "delivered",
    "distance",
    "done",
    "erase",
    "expire_commands",
    "expire_jobs",
    "get_job",
    "give_up",
    "in_hand",
    "is_under_way",
    "job_key",
    "job_page",
    "jobs_of",
    "jobs_of_provider",
    "measure",
    "nearest",
    "next_starts",
    "not_delivered",
    "parts_of",
    "read_result",
    "set_stock",
    "settle_command",
    "slots",
    "stock_of",
    "under_way",
    "waiting_commands",
    "why_none",
]
