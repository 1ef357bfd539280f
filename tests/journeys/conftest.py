"""The running marketplace that the journeys travel through, on an emulator of its own."""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localaws.instance import PROJECT, Emulator, free_port
from localaws.marketplace import bring_up


@dataclass(frozen=True)
class Stack:
    """What a black-box client knows, and for the tests that look behind it, the AWS it runs on."""

    base_url: str
    admin_token: str
    emulator: Emulator

    def client(self, service: str) -> Any:
        """A boto3 client of a service of the emulator."""
        return self.emulator.client(service)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """One for the whole run: the first test process that needs it starts it, the last one stops it."""
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent
    with _users(shared) as file:
        entry = json.loads(file.read_text()) if file.exists() else _start()
        file.write_text(json.dumps({**entry, "users": entry["users"] + 1}))
    emulator = Emulator(Path(entry["home"]), entry["port"])
    yield Stack(entry["base_url"], entry["admin_token"], emulator)
    with _users(shared) as file:
        entry = json.loads(file.read_text())
        file.write_text(json.dumps({**entry, "users": entry["users"] - 1}))
        if entry["users"] == 1:
            emulator.stop()
            file.unlink()
            shutil.rmtree(emulator.home)


def _start() -> dict[str, Any]:
    home = Path(tempfile.mkdtemp(prefix="test-journeys-", dir=PROJECT / ".local"))
    emulator = Emulator(home, free_port())
    emulator.start()
    try:
        endpoint = bring_up(emulator)
    except BaseException:
        emulator.stop()
        raise
    return {**endpoint, "home": str(home), "users": 0}


@contextmanager
def _users(shared: Path) -> Iterator[Path]:
    """The file in which the test processes note what runs and how many use it; one at a time has it."""
    with (shared / "stack.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shared / "stack.json"
