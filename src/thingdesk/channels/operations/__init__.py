"""What those who run the desk ask each of its processes: does it live, is it ready, how is it.

`/health` and `/ready` tell nothing that is not theirs to know, and may stand where machines and
people come; `/metrics` may not.
"""

from thingdesk.channels.operations.answers import install, install_metrics
from thingdesk.channels.operations.readiness import Check, Readiness, Unready

__all__ = ["Check", "Readiness", "Unready", "install", "install_metrics"]
