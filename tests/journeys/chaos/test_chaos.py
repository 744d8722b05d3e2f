"""The desk, its broker and its database are killed, restarted, paused and cut off under load, and
the desk's clocks are turned: nothing that was acknowledged is lost, nothing happens twice, and
everything comes to its end.

`make chaos` does the same for longer.
"""

from pathlib import Path

import pytest
from tests.journeys.chaos import course, site
from tests.machine.brokers import MOSQUITTO

SEED = 7
IN_ONE, SPLIT = 6, 14
"""Kills: twice each of what can be killed, and each other fault once to whatever it can strike."""


@pytest.mark.timeout(600)
async def test_a_desk_with_everything_of_its_own(tmp_path: Path) -> None:
    await course.run(site.in_one, tmp_path, SEED, IN_ONE, print)


@pytest.mark.timeout(600)
@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
async def test_a_desk_in_many_processes(tmp_path: Path) -> None:
    await course.run(site.split, tmp_path, SEED, SPLIT, print)
