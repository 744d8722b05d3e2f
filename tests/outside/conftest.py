import pytest
from tests.outside.node import MISSING


@pytest.fixture(scope="session")
def node() -> None:
    """For tests that run a program in Node: they skip where there is none."""
    if MISSING:
        pytest.skip(MISSING)
