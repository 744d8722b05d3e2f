"""Assistants: they speak for their owners' cars, or try to speak for another's."""

import asyncio

from thingdesk.demo.part import Part


async def play(part: Part) -> None:
    """Make the reports of the plan, and then be there."""
    await part.make_reports()
    await asyncio.Event().wait()
