"""Writes docs/reference/ from the code: `python -m scripts.make_reference`, or `make reference`."""

from collections.abc import Callable
from pathlib import Path

from scripts.reference import (
    commands,
    events,
    mandate,
    metrics,
    refusals,
    sdk,
    services,
    settings,
    topics,
)

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings.make,
    "commands.md": commands.make,
    "events.md": events.make,
    "metrics.md": metrics.make,
    "mandate.md": mandate.make,
    "refusals.md": refusals.make,
    "topics.md": topics.make,
    "services.md": services.make,
    "sdk.md": sdk.make,
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
