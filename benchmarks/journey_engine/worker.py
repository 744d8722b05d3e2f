"""One worker process: says that it is ready, waits for a line, works until it is ended."""

import sys
from importlib import import_module

import uvloop


def main() -> None:
    candidate, dsn, mode, name, lease = sys.argv[1:]
    module = import_module(f"benchmarks.journey_engine.{candidate}")
    print("ready", flush=True)
    sys.stdin.readline()
    if candidate == "dbos_trial":  # it brings an event loop of its own
        module.work(dsn, mode, name, float(lease))
    else:
        uvloop.run(module.work(dsn, mode, name, float(lease)))


if __name__ == "__main__":
    main()
