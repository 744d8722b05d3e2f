"""Who: machines, their keys and owners, staff, providers, and the desk's own signature.

What enters: registrations, tokens, passwords, sightings. What leaves: who somebody is, whose a
machine was at a time, for whom it may speak; signed receipts and links. Always true: a machine has
one owner at a time at most, what is of one period is not seen in another; a key is one machine's
for ever, and a revoked one is good for nothing from the commit of its revocation on.

Not here: what an owner permits (`mandates`), and when a machine's silence matters (`diagnosis`).
"""

from thingdesk.parties.check_token import check_tokens
from thingdesk.parties.desk_key import DeskKey, desk_key
from thingdesk.parties.desk_time import desk_time
from thingdesk.parties.errors import unknown_machine, unknown_owner, unknown_staff
from thingdesk.parties.fleet_file import Form, read_fleet
from thingdesk.parties.keys import (
    CHANNEL,
    add_key,
    as_jwk,
    keys_of,
    read_key,
    revocations,
    revoke_key,
    thumbprint,
)
from thingdesk.parties.links import (
    OWNER_LINK_LASTS,
    OWNER_PAGE,
    asks_for_link,
    end_links,
    read_link,
    sign_link,
)
from thingdesk.parties.log_in import log_in, log_out, session
from thingdesk.parties.machines import (
    find_machines,
    get_machine,
    get_machines,
    heard_since,
    hold,
    kinds_of,
    machines_of,
    overdue,
    recognised,
    said,
    seen,
)
from thingdesk.parties.model import (
    MACHINE_ID,
    BadLine,
    Link,
    LoggedIn,
    Machine,
    MachineFilter,
    MachineKey,
    NewMachine,
    NewOwner,
    NewProvider,
    Owner,
    Ownership,
    Position,
    Provider,
    Registration,
    Role,
    Sighting,
    Span,
    Staff,
    WeeklyHours,
)
from thingdesk.parties.owners import (
    add_owner,
    change_owner,
    erase_owner,
    find_owners,
    get_owner,
    get_owners,
    owned_by,
    owner_by_email,
    ownership_of,
    ownerships_of,
    periods_of,
    speak_for,
)
from thingdesk.parties.provider_file import ProviderLine, read_providers
from thingdesk.parties.providers import (
    find_providers,
    get_provider,
    get_providers,
    provider_kinds,
    providers_of_kinds,
    register_provider,
)
from thingdesk.parties.receipts import sign_receipts
from thingdesk.parties.register import register
from thingdesk.parties.register_fleet import Registered, register_fleet
from thingdesk.parties.rights import RIGHTS, Right, may
from thingdesk.parties.senders import Senders
from thingdesk.parties.signatures import Unreadable
from thingdesk.parties.staff import (
    add_staff,
    all_staff,
    disable_staff,
    first_account,
    get_staff,
    read_set_up_link,
    set_roles,
    set_up,
    set_up_link,
    staff_names,
)
from thingdesk.parties.staff_store import KEPT
from thingdesk.parties.transfer import transfer

__all__ = [
    "CHANNEL",
    "KEPT",
    "MACHINE_ID",
    "OWNER_LINK_LASTS",
    "OWNER_PAGE",
    "RIGHTS",
    "BadLine",
    "DeskKey",
    "Form",
    "Link",
    "LoggedIn",
    "Machine",
    "MachineFilter",
    "MachineKey",
    "NewMachine",
    "NewOwner",
    "NewProvider",
    "Owner",
    "Ownership",
    "Position",
    "Provider",
    "ProviderLine",
    "Registered",
    "Registration",
    "Right",
    "Role",
    "Senders",
    "Sighting",
    "Span",
    "Staff",
    "Unreadable",
    "WeeklyHours",
    "add_key",
    "add_owner",
    "add_staff",
    "all_staff",
    "as_jwk",
    "asks_for_link",
    "change_owner",
    "check_tokens",
    "desk_key",
    "desk_time",
    "disable_staff",
    "end_links",
    "erase_owner",
    "find_machines",
    "find_owners",
    "find_providers",
    "first_account",
    "get_machine",
    "get_machines",
    "get_owner",
    "get_owners",
    "get_provider",
    "get_providers",
    "get_staff",
    "heard_since",
    "hold",
    "keys_of",
    "kinds_of",
    "log_in",
    "log_out",
    "machines_of",
    "may",
    "overdue",
    "owned_by",
    "owner_by_email",
    "ownership_of",
    "ownerships_of",
    "periods_of",
    "provider_kinds",
    "providers_of_kinds",
    "read_fleet",
    "read_key",
    "read_link",
    "read_providers",
    "read_set_up_link",
    "recognised",
    "register",
    "register_fleet",
    "register_provider",
    "revocations",
    "revoke_key",
    "said",
    "seen",
    "session",
    "set_roles",
    "set_up",
    "set_up_link",
    "sign_link",
    "sign_receipts",
    "speak_for",
    "staff_names",
    "thumbprint",
    "transfer",
    "unknown_machine",
    "unknown_owner",
    "unknown_staff",
]
