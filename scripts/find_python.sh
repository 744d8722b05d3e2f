#!/bin/sh
# Prints the first Python that thingdesk can run on. Each candidate is really run: a version
# manager may put a python3.13 on the path that only says that it is not installed.
fits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
}

for candidate in ${1:-python3.11 python3.12 python3.13 python3 python}; do
    if said=$(fits "$candidate" 2>&1); then
        command -v "$candidate"
        exit 0
    fi
done

{
    if [ -n "$1" ]; then
        # it may say itself what it lacks, such as a version manager which Pythons it has
        [ -z "$said" ] || printf '%s\n\n' "$said"
        echo "$1 is no Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip."
    else
        echo "thingdesk needs Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip."
    fi
    echo "Install one (on Debian and Ubuntu: python3 and python3-venv), or name one: make PYTHON=/path/to/python"
} >&2
exit 1
