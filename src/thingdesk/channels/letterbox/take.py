from enum import StrEnum

from thingdesk import cases, journeys, parties
from thingdesk.channels.letterbox.letter import Letter
from thingdesk.dialogue import may_say
from thingdesk.platform.database import Transaction


class Became(StrEnum):
    """What became of a mail."""

    TOLD = "told"
    AUTOMATIC = "automatic"
    STRANGER = "stranger"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    TOO_MANY = "too_many"


async def take(tx: Transaction, letter: Letter) -> Became:
    """Tell staff what an owner wrote. The same mail again, as after a lost answer, changes nothing
    for an hour.
    """
    if letter.automatic:
        return Became.AUTOMATIC
    owner = await parties.owner_by_email(tx, letter.sender) if letter.sender else None
    if owner is None:
        return Became.STRANGER
    if not letter.words:
        return Became.EMPTY
    case = await cases.get(tx, letter.case_id) if letter.case_id else None
    if case is not None and case.owner_id != owner.id:
        case = None
    if not await may_say(tx, f"owner:{owner.id}", str(case.id) if case else "mail"):
        return Became.TOO_MANY
    await journeys.hear_owner(tx, owner.id, letter.words, case.id if case else None, letter.digest)
    return Became.TOLD
