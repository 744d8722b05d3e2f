"""What is reachable, which versions, what is wrong and what to do about it."""

from thingdesk.doctor.check import Check
from thingdesk.doctor.examine import examine

__all__ = ["Check", "examine"]
