"""From signals to findings.

Observations enter, in any number and from any worker; findings leave, opened and cleared.
Always true: a rule follows the time of the signals and not ours (silence apart, which is about
what did not come); the same observations in the same order make the same findings, however they
are cut into batches and whatever restarts in between; at most one finding of (machine, rule,
about) is open at a time.
"""

from thingdesk.diagnosis.advance import Diagnosed, advance, is_behind
from thingdesk.diagnosis.check_silence import check_silence
from thingdesk.diagnosis.descriptions import Descriptions, load_descriptions, read_descriptions
from thingdesk.diagnosis.detect import State, observe, restored, run
from thingdesk.diagnosis.look_after import Look, findings_due, look_again, told_of
from thingdesk.diagnosis.measure import measure
from thingdesk.diagnosis.model import (
    Cleared,
    Evidence,
    FaultCode,
    Finding,
    Observation,
    Opened,
    RateOfChange,
    Rule,
    Severity,
    Silence,
    Threshold,
    Transition,
)
from thingdesk.diagnosis.obd import TroubleCodes, UnreadableCode, read_codes
from thingdesk.diagnosis.sample import samples
from thingdesk.diagnosis.settle_in import settle_in
from thingdesk.diagnosis.store import (
    LOOK,
    cleared_findings,
    evidence_data,
    findings_of,
    open_findings,
)

__all__ = [
    "LOOK",
    "Cleared",
    "Descriptions",
    "Diagnosed",
    "Evidence",
    "FaultCode",
    "Finding",
    "Look",
    "Observation",
    "Opened",
    "RateOfChange",
    "Rule",
    "Severity",
    "Silence",
    "State",
    "Threshold",
    "Transition",
    "TroubleCodes",
    "UnreadableCode",
    "advance",
    "check_silence",
    "cleared_findings",
    "evidence_data",
    "findings_due",
    "findings_of",
    "is_behind",
    "load_descriptions",
    "look_again",
    "measure",
    "observe",
    "open_findings",
    "read_codes",
    "read_descriptions",
    "restored",
    "run",
    "samples",
    "settle_in",
    "told_of",
]
