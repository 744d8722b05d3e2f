"""From signals to findings.

Observations enter, in any number and from any worker; findings leave, opened and cleared.
Always true: a rule follows the time of the signals and not ours (silence apart, which is about
what did not come); the same observations in the same order make the same findings, however they
are cut into batches and whatever restarts in between; at most one finding of (machine, rule,
about) is open at a time.
"""

from thingdesk.diagnosis.detect import State, observe, restored, run
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

__all__ = [
    "Cleared",
    "Evidence",
    "FaultCode",
    "Finding",
    "Observation",
    "Opened",
    "RateOfChange",
    "Rule",
    "Severity",
    "Silence",
    "State",
    "Threshold",
    "Transition",
    "observe",
    "restored",
    "run",
]
