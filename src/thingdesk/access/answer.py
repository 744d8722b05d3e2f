"""What an owner says to a client that wants to act for them. It is said on our own page alone."""

from base64 import b32encode
from hashlib import sha256
from uuid import UUID

from thingdesk import mandates, parties, timeline
from thingdesk.access import grant_store, request_store
from thingdesk.access.authorize import give_code, returning
from thingdesk.access.events import AccessAllowed, AccessDenied
from thingdesk.access.model import Client, Confirmed, Grant, Surface
from thingdesk.access.request_store import Request
from thingdesk.flow import Flow
from thingdesk.mandates import Terms
from thingdesk.parties import Machine
from thingdesk.platform import clock, ids
from thingdesk.platform.database import Transaction
from thingdesk.platform.errors import Recovery, Refused, refuse

KIND = "agent"
"""What an application is registered as that an owner lets act for them."""


async def confirm(
    tx: Transaction, flow: Flow, pending_id: UUID, owner_id: UUID, terms: Terms
) -> Confirmed:
    """The owner lets the client act for them within these terms, which may be other ones than it
    has asked for: a mandate of its own, which changes nothing of what the same application was
    given before. A machine without an owner becomes theirs. Raises Refused.
    """
    found = await _waiting(tx, pending_id)
    client = found.pending.client
    machine = await _machine(tx, flow, client, owner_id)
    mandate = await mandates.grant(tx, owner_id, terms, to=machine)
    grant = Grant(ids.new(), client.id, machine, owner_id, mandate.id, found.pending.surfaces)
    await grant_store.add(tx, grant, clock.now())
    if Surface.MQTT in grant.surfaces:
        tx.notify(parties.CALLERS)  # whoever has a session there by an earlier yes
    await request_store.settle(tx, pending_id, "confirmed", grant.id)
    allowed = AccessAllowed(grant.id, machine, mandate.id, client.id)
    timeline.append(tx, f"owner:{owner_id}", allowed)
    redirect = None
    if found.browsed is not None:
        redirect = returning(found.browsed, code=await give_code(tx, found))
    return Confirmed(redirect, machine, mandate)


async def becomes_theirs(tx: Transaction, client: Client, owner_id: UUID) -> bool:
    """Whether a yes makes the machine that the client is theirs, as it is nobody's yet. Raises
    Refused: it acts for somebody else.
    """
    owned = await parties.ownership_of(tx, machine_of(client, owner_id), clock.now())
    if owned is not None and owned.owner_id != owner_id:
        raise _of_somebody_else()
    return owned is None


def machine_of(client: Client, owner_id: UUID) -> str:
    """The machine that a client is, or would become for this owner."""
    return client.machine or _named(client, owner_id)


def is_app(machine: Machine) -> bool:
    """Whether an owner's yes made it: it has no other name to them than what it calls itself."""
    return machine.kind == KIND and parties.NAMED_ITSELF in machine.attributes


def _of_somebody_else() -> Refused:
    words = "this machine acts for somebody else: they, or staff, have to give it up first"
    return refuse("not_your_machine", words, Recovery.CONTACT_US)


async def deny(tx: Transaction, pending_id: UUID, owner_id: UUID) -> Confirmed:
    """The owner does not. Raises Refused."""
    found = await _waiting(tx, pending_id)
    await request_store.settle(tx, pending_id, "denied", None)
    denied = AccessDenied(found.pending.client.id)
    timeline.append(tx, f"owner:{owner_id}", denied)
    if found.browsed is None:
        return Confirmed()
    return Confirmed(returning(found.browsed, error="access_denied"))


async def _waiting(tx: Transaction, pending_id: UUID) -> Request:
    found = await request_store.lock(tx, pending_id)
    if found is None or found.state != "waiting":
        raise refuse("request_settled", "this was answered already, or was never asked")
    if found.pending.expires <= clock.now():
        words = "the time to answer this is over: let it be asked again"
        raise refuse("request_expired", words, Recovery.RETRY)
    return found


async def _machine(tx: Transaction, flow: Flow, client: Client, owner_id: UUID) -> str:
    """The machine that the client is, or for this owner becomes; theirs from now on."""
    machine = machine_of(client, owner_id)
    if client.machine is None and await parties.get_machine(tx, machine) is None:
        about = {parties.NAMED_ITSELF: client.id}
        new = parties.NewMachine(machine, KIND, client.name[:100], attributes=about)
        await parties.register(tx, [new])
    await parties.hold(tx, [machine])
    owned = await parties.ownership_of(tx, machine, clock.now())
    if owned is None:
        await flow.transfer(tx, machine, owner_id, clock.now())
    elif owned.owner_id != owner_id:
        raise _of_somebody_else()
    return machine


def _named(client: Client, owner_id: UUID) -> str:
    """One application is another machine for each owner: nothing of one is seen for another."""
    digest = sha256(f"{client.id} {owner_id}".encode()).digest()
    return f"{KIND}-{b32encode(digest[:15]).decode().lower()}"
