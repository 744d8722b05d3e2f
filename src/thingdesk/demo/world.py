"""The physical world: what is mended, as a folder that those who are there can look into."""

from pathlib import Path


class World:
    """Providers mend, machines find themselves mended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mend(self, machine: str) -> None:
        """What was broken works again."""
        (self._folder / machine).touch()

    def damage(self, machine: str) -> None:
        """Something else is broken, and nobody has mended that yet."""
        (self._folder / machine).unlink(missing_ok=True)

    def is_mended(self, machine: str) -> bool:
        """Whether somebody has mended it."""
        return (self._folder / machine).exists()
