"""Finding rows by the beginnings of words that stand in them, through an index.

The function `words_of` in SQL gives the words of a text; a stage makes an index over it, like
`create index … using gin (words_of(title || ' ' || subject))`, and asks for this very expression.
"""

from thingdesk.platform.database import Transaction

_BEGINNINGS = """
select string_agg(quote_literal(word) || ':*', ' & ')
from unnest(tsvector_to_array(words_of($1))) word
"""


async def beginnings(tx: Transaction, words: str) -> str:
    """What `words_of` a text have to `@@` with (as a tsquery): each of `words` has to be there, or
    a longer one that begins with it. Where there is no word, nothing fits.
    """
    query: str | None = await tx.fetchval(_BEGINNINGS, words)
    return query or ""
