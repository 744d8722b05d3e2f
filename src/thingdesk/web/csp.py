"""What a page may load, and where its forms may lead."""

import re
from urllib.parse import urlsplit

CSP = "content-security-policy"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action {}; base-uri 'none'; frame-ancestors 'none'"
)
_SOURCE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|[a-z][a-z0-9+-]*[.][a-z0-9+.-]{1,50}:")
"""What a browser may be sent to: a site, or an app by a scheme like `com.example.app`."""


def policy_for(redirect: str) -> str:
    """The policy of a page whose form may lead a browser to this address in the end, and to no
    other place than us and that.
    """
    there = urlsplit(redirect)
    web = there.scheme in ("http", "https")
    source = f"{there.scheme}://{there.netloc}" if web else f"{there.scheme}:"
    own = "'self'"
    return POLICY.format(f"{own} {source}" if _SOURCE.fullmatch(source) else own)
