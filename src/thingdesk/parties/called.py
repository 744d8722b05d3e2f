"""What machines are called in words of the desk. Pure."""

from thingdesk.parties.model import Machine
from thingdesk.platform import formats

NAMED_ITSELF = "client"
"""In the attributes of a machine that is an application: the id by which it is asked what it is."""


def called(machine: Machine) -> str:
    """Its model; in quotation marks where it called itself so, as an application does."""
    return formats.named(machine.model) if NAMED_ITSELF in machine.attributes else machine.model
