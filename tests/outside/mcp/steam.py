"""A pack whose repair is proven within seconds: for clients that are to see one to its end."""

from datetime import timedelta

from thingdesk.sdk import (
    Data,
    Field,
    Journey,
    Outcome,
    Promise,
    choose,
    days,
    hours,
    in_range,
    minutes,
    service,
)


class Scale(Data):
    """What is clogged."""

    part: str = Field(max_length=40)
    note: str = Field(default="", max_length=400)


class Descaled(Outcome):
    """When it was done."""

    when: str


@service("oven.descale", title="Descale an oven", promise=Promise(), identity=("part",))
async def descale(journey: Journey, fault: Scale) -> Descaled:
    """Ask when, and end once the oven's own steam proves it."""
    when = await journey.ask_owner(
        choose(f"When may the {fault.part} be descaled?", today="Today", later="Tomorrow"),
        within=days(1),
    )
    well = in_range("steam", low=90, samples=2, gap=minutes(5))
    await journey.verify(well, hold=timedelta(milliseconds=1), within=hours(1))
    return Descaled(words=f"It was descaled: {when}.", when=when)


SERVICES = (descale,)
RULES = ()
