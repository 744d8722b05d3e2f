from collections.abc import Sequence
from typing import Self
from uuid import UUID

from thingdesk import parties
from thingdesk.access import errors, jose, once_store, standing
from thingdesk.access.by_grant import by_grant
from thingdesk.access.model import Caller, Grounds, Presented, Surface
from thingdesk.access.proof import Proof, read_proof
from thingdesk.access.token import TYPE, Token
from thingdesk.parties import DeskKey
from thingdesk.platform import clock
from thingdesk.platform.database import Database, Transaction
from thingdesk.platform.errors import Refused, refuse
from thingdesk.platform.gather import Gatherer

_LONGEST = 4096
Read = tuple[Token, Proof | None]


class Callers:
    """Says who calls. Open it (`async with`) before the first call; those that come in the same
    few milliseconds are recognised together. `base` is the desk's own address.
    """

    def __init__(self, database: Database, base: str) -> None:
        self.base = base.rstrip("/")
        self._gatherer: Gatherer[tuple[Presented, Surface], Caller | Refused] = Gatherer(
            database, self._recognise, kind="callers"
        )

    async def __aenter__(self) -> Self:
        await self._gatherer.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._gatherer.__aexit__(*details)

    async def recognise(self, presented: Presented, surface: Surface) -> Caller:
        """Who calls at `surface`. A machine's own short token is good at each of them. Raises
        Refused, its code beginning with `token_` or `proof_`.
        """
        if len(presented.token) > _LONGEST:  # what waits for the database is kept
            raise refuse("token_unreadable", f"a token has {_LONGEST} characters at most")
        found = await self._gatherer.put((presented, surface))
        if isinstance(found, Refused):
            raise found
        return found

    async def _recognise(
        self, tx: Transaction, asked: Sequence[tuple[Presented, Surface]]
    ) -> list[Caller | Refused]:
        key = await parties.desk_key(tx)
        issued = [at for at, (shown, _) in enumerate(asked) if _is_of_desk(shown)]
        own = [at for at, (shown, _) in enumerate(asked) if at not in set(issued)]
        found: dict[int, Caller | Refused] = dict(
            zip(own, await _by_own_key(tx, [asked[at][0] for at in own]), strict=True)
        )
        read = {at: self._read(key, *asked[at]) for at in issued}
        found |= {at: one for at, one in read.items() if isinstance(one, Refused)}
        good = {at: one for at, one in read.items() if not isinstance(one, Refused)}
        found |= dict(zip(good, await _by_token(tx, list(good.values())), strict=True))
        return [found[at] for at in range(len(asked))]

    def _read(self, key: DeskKey, shown: Presented, surface: Surface) -> Read | Refused:
        try:
            token = standing.read(key, shown.token, self.base)
            if token.surface is not surface:
                words = f"the token is for {token.surface.at(self.base)}: get one for this place"
                raise refuse("token_elsewhere", words)
            return token, self._proven(shown, token)
        except Refused as refused:
            return refused

    def _proven(self, shown: Presented, token: Token) -> Proof | None:
        """The proof that whoever shows the token holds its key, where it is bound to one."""
        by_proof = shown.scheme.lower() == "dpop"
        if token.jkt is None:
            if by_proof:
                raise refuse("proof_wrong", "the token is bound to no key: send it as Bearer")
            return None
        if not by_proof or shown.proof is None:
            words = "the token is bound to a key: send it as DPoP, with a proof"
            raise refuse("proof_missing", words)
        url = f"{self.base}{_path(shown.url)}"
        proof = read_proof(shown.proof, shown.method, url, clock.now(), shown.token)
        if proof.jkt != token.jkt:
            raise refuse("proof_wrong", "the proof is by another key than the token's")
        return proof


def _is_of_desk(shown: Presented) -> bool:
    """By what it says of itself: what it is proves itself later."""
    try:
        return jose.header(shown.token).get("typ") == TYPE
    except (jose.Unreadable, ValueError):
        return False


def _path(url: str) -> str:
    """Of an address or a path, however the channel came by it."""
    _, marked, rest = url.partition("://")
    path = "/" + rest.partition("/")[2] if marked else url
    return path.partition("?")[0].partition("#")[0]


async def _by_own_key(tx: Transaction, shown: Sequence[Presented]) -> list[Caller | Refused]:
    """Machines by the tokens that they signed themselves."""
    if not shown:
        return []
    found = await parties.check_tokens(tx, [one.token for one in shown])
    now = clock.now()
    known = sorted({one for one in found if isinstance(one, str)})
    owned = await parties.ownerships_of(tx, [(one, now) for one in known]) if known else []
    owners = {one.machine: one.owner_id for one in owned if one}
    return [
        one if isinstance(one, Refused) else _own(one, owners.get(one), it.token)
        for one, it in zip(found, shown, strict=True)
    ]


def _own(machine: str, owner_id: UUID | None, token: str) -> Caller:
    grounds = Grounds((machine,), owner_id, (parties.key_id(token),))
    return Caller(machine, owner_id, grounds=grounds)


async def _by_token(tx: Transaction, read: Sequence[Read]) -> list[Caller | Refused]:
    """Machines by the tokens that the desk gave them; a proof is good once."""
    proofs = [proof for _, proof in read if proof]
    first = iter(await once_store.take(tx, [(one.digest, one.until) for one in proofs]))
    new = [proof is None or next(first) for _, proof in read]
    found = await standing.again(tx, [_caller(token) for token, _ in read])
    found = await _over_mqtt(tx, [token.surface for token, _ in read], found)
    return [one if fresh else errors.shown_before() for fresh, one in zip(new, found, strict=True)]


async def _over_mqtt(
    tx: Transaction, surfaces: Sequence[Surface], found: Sequence[Caller | Refused]
) -> list[Caller | Refused]:
    """The same; a broker keeps no mandate, so that under one only those enter over MQTT whose
    reports are asked for under this very mandate.
    """
    under = {
        at: (one.machine, one.mandate.id)
        for at, one in enumerate(found)
        if surfaces[at] is Surface.MQTT and isinstance(one, Caller) and one.mandate
    }
    if not under:
        return list(found)
    given = await by_grant(tx, [machine for machine, _ in under.values()], Surface.MQTT)
    return [
        errors.not_over_mqtt() if at in under and given.get(under[at][0]) != under[at][1] else one
        for at, one in enumerate(found)
    ]


def _caller(token: Token) -> Caller:
    return Caller(token.machine, token.owner_id, grounds=token.grounds)
