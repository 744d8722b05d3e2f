"""Makes the running environment find src/ and gives it the command `thingdesk`.

A relative .pth file does what an editable install does, without a build tool in the environment.
"""

import os
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAUNCHER = """#!/bin/sh
exec "$(dirname "$0")/python" -m thingdesk "$@"
"""


def main() -> None:
    packages = Path(sysconfig.get_path("purelib"))
    relative = os.path.relpath(ROOT / "src", packages)
    (packages / "thingdesk.pth").write_text(relative + "\n")
    command = Path(sys.prefix) / "bin" / "thingdesk"
    command.write_text(LAUNCHER)
    command.chmod(0o755)


if __name__ == "__main__":
    main()
