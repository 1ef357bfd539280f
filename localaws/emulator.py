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

from localaws import patches

_TRIES = 25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of the lock; one emulator a home")
    parser.add_argument("--stock", action="store_true", help="without the patches, to see what they are for")
    options = parser.parse_args()
    _detach(_lock(options.home / "emulator.lock"))
    if not options.stock:
        patches.apply_all()
    from ministack.app import main as serve

    sys.argv = ["ministack"]
    serve()


def _lock(path: Path) -> int:
    """Take the lock of a home. Nothing closes the file but the end of this process, however it ends."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)  # whoever only looks holds it for a moment
        else:
            os.ftruncate(lock, 0)
            return lock
    raise SystemExit(f"An emulator already runs in {path.parent}.")


def _detach(lock: int) -> None:
    """Go on in a process of its own, which inherits the lock; the file says which one it is."""
    if child := os.fork():
        os.write(lock, json.dumps({"pid": child, "port": int(os.environ["GATEWAY_PORT"])}).encode())
        os._exit(0)
    os.setsid()


if __name__ == "__main__":
    main()
