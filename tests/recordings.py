"""Where the real recordings are: a test that needs one is skipped, and says so, without them."""

from pathlib import Path

import pytest

from thingdesk.platform.settings import Settings


def recording(name: str) -> Path:
    folder = Settings().recordings
    if folder is None:
        pytest.skip(f"{name} is a real recording: set THINGDESK_RECORDINGS to their folder")
    return folder / name
