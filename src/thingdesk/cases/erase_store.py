from uuid import UUID

from thingdesk.platform.database import Transaction

_HAS_OPEN = "select exists (select from desk_case where owner_id = $1 and state <> 'ended')"
_ERASE = """
update desk_case
set input = '{}', evidence = null, outcome_data = null, outcome_words = 'What was said is erased.'
where owner_id = $1 returning id
"""
# its key, a hash, still tells the problem from others
_ERASE_PROBLEMS = """
update problem set identity = '{}' where (subject, key) in (
    select subject, key from desk_case where owner_id = $1) and current_case is null
"""
_ERASE_SAID = "delete from case_said where case_id = any($1)"


async def has_open(tx: Transaction, owner_id: UUID) -> bool:
    return bool(await tx.fetchval(_HAS_OPEN, owner_id))


async def erase(tx: Transaction, owner_id: UUID) -> list[UUID]:
    await tx.execute(_ERASE_PROBLEMS, owner_id)
    erased = [row["id"] for row in await tx.fetch(_ERASE, owner_id)]
    await tx.execute(_ERASE_SAID, erased)
    return erased
