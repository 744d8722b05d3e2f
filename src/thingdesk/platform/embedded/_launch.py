"""Enter a folder, become another account, die with the parent, turn into a program.

Run by `python -I -S` and importing nothing of the desk, because it runs between fork and exec:
Python's own hook for that (`preexec_fn`) is unsafe, and warned about, in a process with threads.

The folder is entered before root is given up: its parents may be closed to the account.
The parent's death is signalled by the kernel (PR_SET_PDEATHSIG), on Linux only; it is asked for
after the change of account, which would clear it, and survives the exec. Elsewhere a killed desk
leaves its children, and its next start ends them.
"""

import ctypes
import os
import signal
import sys

ORPHANED, CANNOT_EXECUTE, NOT_FOUND = 125, 126, 127
_PR_SET_PDEATHSIG = 1


def launch(parent: str, death_signal: str, account: str, folder: str, *command: str) -> int:
    os.umask(0o077)
    os.chdir(folder)
    if account:
        uid, gid = map(int, account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # Python ignores SIGPIPE, and what is ignored or blocked would stay so after the exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            return ORPHANED
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except PermissionError as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_EXECUTE
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return NOT_FOUND


if __name__ == "__main__":
    sys.exit(launch(*sys.argv[1:]))
