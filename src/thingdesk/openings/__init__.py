"""What is to become a case.

What enters: findings and reports. What leaves: openings, each with its service, for `flow` to hand
over; and the answers to reports. Always true: whose a subject is stays so until the transaction
ends; a mistake in one rule is told to staff and keeps nothing else from becoming a case.
"""

from thingdesk.openings.make import Ask, Openings, asked
from thingdesk.openings.of_findings import asked_by, key_of
from thingdesk.openings.of_reports import answer_reports

__all__ = ["Ask", "Openings", "answer_reports", "asked", "asked_by", "key_of"]
