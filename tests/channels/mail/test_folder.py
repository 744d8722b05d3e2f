"""Mails that the desk keeps as files, while it has no mail server or had none."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.channels.mail.sending import PAGES, new_owner, plain, tell

from thingdesk.channels.mail import Folder, Mail, carrier
from thingdesk.platform import clock
from thingdesk.platform.database import Database
from thingdesk.platform.settings import Settings


@pytest.mark.parametrize("server", [False, True])
async def test_old_mails_leave_the_folder_and_what_is_not_ours_stays(
    desk: Database, tmp_path: Path, turnable: clock.Turnable, server: bool
) -> None:
    folder = Mail(desk, Folder(tmp_path / "mail"), sender="desk@localhost", pages=PAGES)
    [old] = await tell(desk, plain(await new_owner(desk)))
    await folder.once()
    (tmp_path / "mail" / "mine.eml").write_text("From: me")
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://127.0.0.1:1" if server else None)
    mail = Mail(desk, carrier(settings), sender="desk@localhost", pages=PAGES)
    left = []
    for days in (119, 2):
        turnable.turn(timedelta(days=days))
        await mail.once()
        left.append({one.stem for one in (tmp_path / "mail").iterdir()})
    assert left == [{str(old), "mine"}, {"mine"}]
