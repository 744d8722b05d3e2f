"""Log-ins by an OpenID Connect provider: the code flow with PKCE (OpenID Connect Core 1.0,
RFC 7636, RFC 9207, RFC 9700).

What enters: what the operator has set, and what a browser brings back from there. What leaves: who
the issuer vouches for. Always true: nobody is vouched for but by a token that the issuer has signed
for this desk, for this browser, now; what comes back from another issuer is not looked at.
"""

from thingdesk.web.issuer.examine import examine
from thingdesk.web.issuer.issuer import RETURN, Begun, Issuer
from thingdesk.web.issuer.registration import Registration, Unfit

__all__ = ["RETURN", "Begun", "Issuer", "Registration", "Unfit", "examine"]
