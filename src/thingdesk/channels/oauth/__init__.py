"""OAuth 2.1 for machines and the applications of owners: what RFC 6749 and those after it say on
the wire, and nothing else. What is allowed is said by `thingdesk.access`.
"""

from thingdesk.channels.oauth.doors import Doors
from thingdesk.channels.oauth.install import install

__all__ = ["Doors", "install"]
