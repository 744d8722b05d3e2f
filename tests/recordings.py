"""Where the real recordings are: a test that needs one is skipped, and says so, without them."""

import os
from pathlib import Path

import pytest


def recording(name: str) -> Path:
    folder = os.environ.get("THINGDESK_RECORDINGS")
    if not folder:
        pytest.skip(f"{name} is a real recording: set THINGDESK_RECORDINGS to their folder")
    return Path(folder) / name
