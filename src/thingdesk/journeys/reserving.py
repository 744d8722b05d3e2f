"""Setting parts aside: at the nearest provider, or where others were faster at the next one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from thingdesk.fulfilment import effects as world
from thingdesk.journeys.context import Context, Intent
from thingdesk.journeys.effects import effect
from thingdesk.journeys.model import Failed
from thingdesk.journeys.providing import MOST_PROVIDERS, RESERVE, Found, nearest
from thingdesk.platform.database import Transaction
from thingdesk.platform.money import Money

OUT_OF_STOCK = "part_out_of_stock"


@dataclass(frozen=True, slots=True)
class Reserved:
    """A part that is set aside for the case, and where."""

    part: str
    provider: Found


async def reserve_part(
    journey: Context, kind: str, skill: str | None, part: str, price: Money | None
) -> Reserved:
    """An approval takes its time, and fits one provider: each that is tried is asked for anew."""
    gone: list[Found] = []
    while len(gone) < MOST_PROVIDERS:
        try:
            chosen = await nearest(journey, kind, skill, part, exclude=[one.id for one in gone])
        except Failed:
            if not gone:
                raise
            break
        if await reserve_at(journey, chosen, part, price, why=_taken(gone, part)):
            return Reserved(part, chosen)
        gone.append(chosen)
    raise Failed(OUT_OF_STOCK, f"{_taken(gone, part)} Nobody else who can do it has one.")


async def reserve_at(
    journey: Context, provider: Found, part: str, price: Money | None, *, why: str = ""
) -> bool:
    """Whether the part was still there; `why` is what the owner hears first if they are asked."""

    async def perform(tx: Transaction, effect_id: UUID) -> dict[str, Any]:
        await world.reserve_part(tx, effect_id, provider.id, part, 1, case_id=journey.case_id)
        return {"part": part, "provider": str(provider.id)}

    cost = f" for {price}" if price else ""
    intent = Intent(
        RESERVE,
        f"{why} May we set one {_words(part)} aside at {provider.name}"
        f" for {journey.subject}{cost}?".lstrip(),
        {"part": part, "provider": str(provider.id), "name": provider.name},
        amount=price,
        remedy="replace_part",
        provider=provider.id,
    )
    try:
        await effect(journey, intent, perform)
    except Failed as failed:
        if failed.code != OUT_OF_STOCK:
            raise
        return False
    return True


def _taken(gone: list[Found], part: str) -> str:
    if not gone:
        return ""
    names = " and ".join(one.name for one in gone)
    return f"The last {_words(part)} at {names} is gone."


def _words(part: str) -> str:
    return part.replace("_", " ")
