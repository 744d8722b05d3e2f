"""What the desk says of itself to machines that do not know it yet: public, and cached.

What enters: the catalog, and where the desk is. What leaves: the support card at
`/.well-known/machine-support.json`, whose form is docs/explanation/support-card.md. Always true: it
is made of the same descriptions as every surface, and tells nothing of any owner or machine.
"""

from thingdesk.channels.cards.install import SUPPORT, install
from thingdesk.channels.cards.support import About, make_support_card

__all__ = ["SUPPORT", "About", "install", "make_support_card"]
