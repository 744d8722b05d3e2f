"""What the desk says of itself to machines that do not know it yet: public, and cached.

What enters: the catalog, where the desk is, and how its operations are a Thing. What leaves: the
support card at `/.well-known/machine-support.json`, whose form is docs/explanation/support-card.md,
and a Thing Description at `/.well-known/wot`, where WoT Discovery looks for it
(https://www.w3.org/TR/wot-discovery/). Always true: they are made of the same descriptions as every
surface, and tell nothing of any owner or machine.
"""

from thingdesk.channels.cards.install import install
from thingdesk.channels.cards.support import SUPPORT, THING, About, make_support_card

__all__ = ["SUPPORT", "THING", "About", "install", "make_support_card"]
