import asyncio
from pathlib import Path

import pytest

from thingdesk import doctor
from thingdesk.platform.settings import Settings


@pytest.mark.parametrize(("mode", "well"), [(0o700, True), (0o755, False), (0o710, False)])
def test_an_open_data_folder_is_named_and_left_as_it_is(
    tmp_path: Path, mode: int, well: bool
) -> None:
    """It may be a folder that others need: what holds secrets in it is closed on its own."""
    tmp_path.chmod(mode)
    nowhere = Settings(data_dir=tmp_path, database_url=f"postgresql:///desk?host={tmp_path}")
    found = asyncio.run(doctor.examine(nowhere))
    (folder,) = [one for one in found if one.what == "data folder"]
    assert (folder.well, bool(folder.mend)) == (well, not well)
    assert tmp_path.stat().st_mode & 0o777 == mode
