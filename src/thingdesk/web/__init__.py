"""Pages: the console for staff, and the pages that owners and providers reach by signed links.

What enters: requests of browsers. What leaves: HTML that works without JavaScript; a page that is
open is kept up to date by server-sent events. Always true: a GET changes nothing, a form that was
not sent from a page of ours is refused, text from machines is escaped, nothing is fetched from
elsewhere, and nobody sees a staff page without a session.

A signed link is its own key: whoever has it may answer that one question or that one job, so those
pages need no log-in, and no address of them is passed on by a browser (`Referrer-Policy`).
"""

from thingdesk.web.install import install
from thingdesk.web.issuer import Issuer, Unfit, examine
from thingdesk.web.live import Live
from thingdesk.web.pages import Pages

__all__ = ["Issuer", "Live", "Pages", "Unfit", "examine", "install"]
