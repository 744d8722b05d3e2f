"""TMF621 Trouble Ticket v5: a ticket is a case, a specification is a service with cases.

What is told and taken has the form of TM Forum's description of it (TMF621, v5.0.1). What a ticket
is made of belongs to its service and its journey, so of a ticket that is there only its end can be
asked for: by PATCH of its status to `cancelled`. Specifications come from the catalog,
and are changed nowhere else.
"""

from thingdesk.channels.tmf621.doors import BASE, OpenDoors
from thingdesk.channels.tmf621.install import install
from thingdesk.channels.tmf621.notes import FORM, event, kind

__all__ = ["BASE", "FORM", "OpenDoors", "event", "install", "kind"]
