"""Packs are imported and checked as a whole, before anything is started.

All that their authors got wrong is said at once, a line each: where (pack, service or rule, field),
what is wrong, and how to mend it.
"""

from thingdesk.loading.load import Brought, PackError, load

__all__ = ["Brought", "PackError", "load"]
