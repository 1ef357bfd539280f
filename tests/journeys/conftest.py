"""The running marketplace that the journeys travel through, on an emulator of its own."""

import shutil
import tempfile
from collections.abc import Iterator
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
def stack() -> Iterator[Stack]:
    """One for the whole run, beside whatever `make up` runs. A serial run is the quickest on two cores."""
    home = Path(tempfile.mkdtemp(prefix="test-journeys-", dir=PROJECT / ".local"))
    emulator = Emulator(home, free_port())
    emulator.start()
    try:
        endpoint = bring_up(emulator)
        yield Stack(endpoint["base_url"], endpoint["admin_token"], emulator)
    finally:
        emulator.stop()
        shutil.rmtree(home)
