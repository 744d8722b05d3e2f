"""The commands of `thingdesk`, a file each; `common` is what they share."""

from thingdesk.commands.main import main

__all__ = ["main"]
