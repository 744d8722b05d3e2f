"""What a killed desk may have left running."""

import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_PATIENCE = 5.0


def end(folder: Path, program: str, signals: Sequence[signal.Signals]) -> None:
    """Ends every process of this program that works inside the folder, by one signal after the
    other and at last by SIGKILL.

    To be called with the desk's lock on the folder in hand: no other desk lives, so that whatever
    still works there is an orphan. It is found by its folder and not by a remembered number, which
    may long have been given to another program.
    """
    where = str(folder.resolve())
    orphans = [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == program and process.info["cwd"] == where
    ]
    for number in (*signals, signal.SIGKILL):
        for orphan in orphans:
            with suppress(psutil.NoSuchProcess):
                orphan.send_signal(number)
        _, orphans = psutil.wait_procs(orphans, timeout=_PATIENCE)
