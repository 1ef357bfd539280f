"""The emulator's process: takes its home's lock, detaches itself, mends the emulator, serves.

Runs in the emulator's own virtual environment.
"""

import argparse
import fcntl
import json
import os
import sys
import time
from pathlib import Path
from typing import TextIO

from localaws import patches

_TRIES = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the lock; one emulator a home")
    parser.add_argument("--stock", action="store_true", help="without the patches, to see what they are for")
    options = parser.parse_args()
    with _locked(options.home / "emulator.lock") as lock:
        _detach(lock)
        if not options.stock:
            patches.apply_all()
        from ministack.app import main as serve

        sys.argv = ["ministack"]
        serve()


def _locked(path: Path) -> TextIO:
    """The lock of a home, held until this process ends, however it ends."""
    lock = path.open("a+")
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)  # whoever only looks holds it for a moment
        else:
            lock.truncate(0)
            return lock
    raise SystemExit(f"An emulator already runs in {path.parent}.")


def _detach(lock: TextIO) -> None:
    """Go on in a process of its own, which inherits the lock; the file says which one it is."""
    if child := os.fork():
        lock.write(json.dumps({"pid": child, "port": int(os.environ["GATEWAY_PORT"])}))
        lock.flush()
        os._exit(0)
    os.setsid()


if __name__ == "__main__":
    main()
