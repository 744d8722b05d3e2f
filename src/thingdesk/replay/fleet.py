"""The machines of recordings: made known to the desk, each with a key of its own."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from thingdesk import parties
from thingdesk.parties import NewMachine
from thingdesk.platform.database import Database
from thingdesk_machine import Identity


def identities_in(folder: Path, machines: Iterable[str]) -> dict[str, Identity]:
    """The machines' keys, those that are new made and kept in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {machine: _identity(folder / f"{machine}.json", machine) for machine in machines}


async def register(
    database: Database, kinds: Mapping[str, str], identities: Mapping[str, Identity]
) -> None:
    """Register those of the machines (id: kind) that the desk does not know with these keys.

    The model is the kind and `-recorded`, so that the rules of the kind's pack fit. Raises Refused.
    """
    async with database.transaction() as tx:
        known = await parties.get_machines(tx, sorted(kinds))
        keys = {
            machine: [key.kid for key in await parties.keys_of(tx, machine)] for machine in known
        }
        await parties.register(
            tx,
            [
                NewMachine(
                    one,
                    kind,
                    f"{kind}-recorded",
                    key=identities[one].public_jwk["x"],
                    recorded=True,
                )
                for one, kind in kinds.items()
                if identities[one].kid not in keys.get(one, ())
            ],
        )


def _identity(file: Path, machine: str) -> Identity:
    if file.exists():
        return Identity.load(file)
    identity = Identity.create(machine)
    identity.save(file)
    return identity
