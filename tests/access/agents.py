"""Applications that an owner lets act: machines without a key of their own."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tests.access.making import ALL, BACK, FLOW, Asking, Key, an_app, new_owner, proof_of
from tests.parties.making import signing

from thingdesk import access
from thingdesk.access import Browsed, Client, Issued, Surface, TokenRequest, Tokens
from thingdesk.access.proof import digest_of
from thingdesk.access.tokens import CODE
from thingdesk.mandates import Terms
from thingdesk.platform.database import Database

_VERIFIER = "v" * 43


@dataclass(kw_only=True)
class Agent(Asking):
    """One that acts, for whom, under which mandate; no desk knows its key."""

    app: Client
    mandate: UUID
    issued: Issued

    @property
    def client(self) -> Client:
        return self.app


async def an_agent(
    database: Database,
    base: str,
    surface: Surface,
    terms: Terms = ALL,
    owner: UUID | None = None,
    app: Client | None = None,
    key: Key | None = None,
) -> Agent:
    """With a token for this surface of the desk at `base`, bound to the key if there is one."""
    app, browsed = app or an_app(), Browsed(base, BACK, digest_of(_VERIFIER), "S256")
    async with database.transaction() as tx:
        owner = owner or await new_owner(tx)
        pending = await access.ask_owner(tx, app, ALL, (surface,), browsed)
        made = await access.confirm(tx, FLOW, pending.id, owner, terms)
    assert made.machine
    assert made.mandate
    code = parse_qs(urlsplit(made.redirect or "").query)["code"][0]
    form = {"grant_type": CODE, "code": code, "code_verifier": _VERIFIER}
    async with Tokens(database, base) as tokens:
        issued = await tokens.make(TokenRequest(app, form, proof=proof_of(key) if key else None))
    return Agent(
        made.machine,
        signing().key,
        owner,
        base,
        app=app,
        mandate=made.mandate.id,
        issued=issued,
    )
