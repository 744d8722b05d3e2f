"""What the desk starts by itself when it is given no database and no broker.

Enters: a data folder. Leaves: `EmbeddedPostgres.url` and `EmbeddedBroker.url`, as if an operator
had set THINGDESK_DATABASE_URL and THINGDESK_BROKER_URL. Always true: what is started here ends
with the desk, however the desk ends; one desk to a data folder.
"""

from thingdesk.platform.embedded.access import Access, Guest, Rights
from thingdesk.platform.embedded.backup import Progress, backup
from thingdesk.platform.embedded.broker import SESSION_PREFIX, EmbeddedBroker
from thingdesk.platform.embedded.broker_health import ROOM
from thingdesk.platform.embedded.callout import GUEST_STAYS
from thingdesk.platform.embedded.errors import EmbeddedError
from thingdesk.platform.embedded.postgres import EmbeddedPostgres
from thingdesk.platform.embedded.programs import broker_version
from thingdesk.platform.embedded.restore import restore
from thingdesk.platform.embedded.supervise import Died

__all__ = [
    "GUEST_STAYS",
    "ROOM",
    "SESSION_PREFIX",
    "Access",
    "Died",
    "EmbeddedBroker",
    "EmbeddedError",
    "EmbeddedPostgres",
    "Guest",
    "Progress",
    "Rights",
    "backup",
    "broker_version",
    "restore",
]
