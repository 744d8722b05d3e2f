"""One matter of one subject and its owner, from report to outcome.

What enters: openings (from findings and reports) and the subject's observations. What leaves: which
cases need a journey, messages to the journeys that wait for a proof, and events on the timeline.
Always true: one open case per (subject, problem); a case is verified by its subject's later signals
and by nothing else.
"""

from thingdesk.cases.beginning import OF_BEFORE, beyond, briefly, evidence_words, happened
from thingdesk.cases.calendar import Hours, Pause, due
from thingdesk.cases.end import Unproven
from thingdesk.cases.end import end_case as end
from thingdesk.cases.erase import erase
from thingdesk.cases.hops import MOST_HOPS, read_hops
from thingdesk.cases.hops_store import hops_of
from thingdesk.cases.identity import identity_words
from thingdesk.cases.mandate_store import asked_under, on_its_own, under
from thingdesk.cases.measure import measure
from thingdesk.cases.model import (
    Answer,
    Case,
    CaseFilter,
    ImpossibleMove,
    Move,
    Opened,
    Opening,
    Outcome,
    OwnedCases,
    Party,
    PartyCases,
    Report,
    Said,
    Standing,
    State,
)
from thingdesk.cases.open import open_cases as open  # noqa: A004 - callers write cases.open
from thingdesk.cases.open import open_within
from thingdesk.cases.promise_store import Promised
from thingdesk.cases.promise_store import of_case as promises_of
from thingdesk.cases.promises import (
    break_due_promises,
    keep_promise,
    pause_promises,
    promises_at_risk,
    promises_broken,
    resume_promises,
)
from thingdesk.cases.recovery import Criterion, Progress, Sample
from thingdesk.cases.refused import STALEMATE, is_stalemate
from thingdesk.cases.relapse import came_back
from thingdesk.cases.report_store import KEPT
from thingdesk.cases.reporter_store import has as joined
from thingdesk.cases.reports import (
    answer_report,
    answered_at_once,
    drop_reports,
    note_reports,
    read_report,
    was_reported,
)
from thingdesk.cases.said_store import said_of
from thingdesk.cases.search import of_owner, of_party, search, standing
from thingdesk.cases.store import get, get_many, last_of, not_of, unfinished
from thingdesk.cases.verification_store import Verification
from thingdesk.cases.verification_store import of_case as verifications_of
from thingdesk.cases.verify import (
    begin_verification,
    give_up_verification,
    give_up_verifications,
    prove,
    resume_work,
)

__all__ = [
    "KEPT",
    "MOST_HOPS",
    "OF_BEFORE",
    "STALEMATE",
    "Answer",
    "Case",
    "CaseFilter",
    "Criterion",
    "Hours",
    "ImpossibleMove",
    "Move",
    "Opened",
    "Opening",
    "Outcome",
    "OwnedCases",
    "Party",
    "PartyCases",
    "Pause",
    "Progress",
    "Promised",
    "Report",
    "Said",
    "Sample",
    "Standing",
    "State",
    "Unproven",
    "Verification",
    "answer_report",
    "answered_at_once",
    "asked_under",
    "begin_verification",
    "beyond",
    "break_due_promises",
    "briefly",
    "came_back",
    "drop_reports",
    "due",
    "end",
    "erase",
    "evidence_words",
    "get",
    "get_many",
    "give_up_verification",
    "give_up_verifications",
    "happened",
    "hops_of",
    "identity_words",
    "is_stalemate",
    "joined",
    "keep_promise",
    "last_of",
    "measure",
    "not_of",
    "note_reports",
    "of_owner",
    "of_party",
    "on_its_own",
    "open",
    "open_within",
    "pause_promises",
    "promises_at_risk",
    "promises_broken",
    "promises_of",
    "prove",
    "read_hops",
    "read_report",
    "resume_promises",
    "resume_work",
    "said_of",
    "search",
    "standing",
    "under",
    "unfinished",
    "verifications_of",
    "was_reported",
]
