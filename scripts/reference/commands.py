"""The commands, from click."""

import click
from scripts.reference.words import Undocumented, block, page

from thingdesk import commands

INTRO = """
All of them read the same [settings](settings.md). A command that fails says on the last line what
to do, and ends with 1; one that was called in the wrong way ends with 2.
"""
_WIDTH = 88


def make() -> str:
    return page("Commands", INTRO, *sections(commands.main, "thingdesk"))


def sections(group: click.Group, name: str) -> list[str]:
    """A section a command, and below a group one for each command in it."""
    found = []
    for own, command in sorted(group.commands.items()):
        full = f"{name} {own}"
        check(command, full)
        context = click.Context(
            command, info_name=full, terminal_width=_WIDTH, max_content_width=_WIDTH
        )
        found.append(f"## {full}\n\n{block(command.get_help(context))}")
        if isinstance(command, click.Group):
            found += sections(command, full)
    return found


def check(command: click.Command, name: str) -> None:
    if not command.help:
        raise Undocumented(f"`{name}` has no docstring")
    for one in command.params:
        if isinstance(one, click.Option) and not one.help:
            raise Undocumented(f"`{name} {one.opts[0]}` has no help")
