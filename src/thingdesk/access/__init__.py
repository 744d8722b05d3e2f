"""Who calls, on every surface the same, and for whom: tokens, and how they are got and ended.

What enters: the credential of a call. What leaves: the machine that calls, the owner it acts for,
and the mandate that it was given. Always true: a token is good on one surface alone; what was
revoked is good for nothing from the commit of its revocation on.

Not here: what a mandate permits (`mandates`), and what a caller may ask for.
"""

from thingdesk.access.model import Caller, Presented, Surface
from thingdesk.access.recognise import Callers

__all__ = ["Caller", "Callers", "Presented", "Surface"]
