"""The two sample suppliers: their registrations, their offers, and their servers.

`python -m examples.sample_suppliers --home .local --ports 1 2` serves both for as long as the local
marketplace of that home runs, so that nothing is left behind when it is stopped.
"""

import argparse
import json
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdnum.iso7064 import mod_11_10

from examples.reference_supplier import serving
from localaws.instance import PROJECT, running_in

NAMES = ("north-tea", "harbour-ceramics")
_SAMPLES = Path(__file__).parent / "sample_data"
_START_PATIENCE_S = 15.0
_VAT_DIGITS = 8


@dataclass(frozen=True)
class Server:
    """Where one sample supplier listens, and the file that its server reads its signing secret from."""

    name: str
    url: str
    secret_file: Path

    def use_secret(self, secret: str) -> None:
        self.secret_file.touch(mode=0o600)
        self.secret_file.write_text(secret)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False


def start(ports: Sequence[int], *, home: Path) -> dict[str, Server]:
    """Both suppliers' servers, started unless they run already. Raises RuntimeError when they do not come."""
    servers = _servers(ports, home)
    if not all(server.answers() for server in servers):
        command = [
            sys.executable,
            "-m",
            "examples.sample_suppliers",
            "--home",
            str(home.resolve()),
            "--ports",
        ]
        with (home / "sample-suppliers.log").open("w") as log:
            subprocess.Popen(
                [*command, *map(str, ports)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    deadline = time.monotonic() + _START_PATIENCE_S
    while not all(server.answers() for server in servers):
        if time.monotonic() > deadline:
            raise RuntimeError(f"The sample suppliers did not start; see {home / 'sample-suppliers.log'}")
        time.sleep(0.05)
    return {server.name: server for server in servers}


def sample(server: Server) -> dict[str, Any]:
    """The supplier's registration, with its own addresses filled in."""
    text = (_SAMPLES / f"{server.name}.json").read_text()
    return dict(json.loads(text.replace("{supplier_url}", server.url)))


def sample_offers(server: Server) -> list[dict[str, Any]]:
    """The supplier's offers: `{"sku", "offer"}` each."""
    text = (_SAMPLES / f"{server.name}.offers.ndjson").read_text().replace("{supplier_url}", server.url)
    return [json.loads(line) for line in text.splitlines()]


def fresh_tax_id() -> str:
    """A German VAT number that no earlier run has used, with a right check digit."""
    number = "".join(random.choices("123456789", k=_VAT_DIGITS))
    return f"DE{number}{mod_11_10.calc_check_digit(number)}"


def mistyped(tax_id: str) -> str:
    """The same number with a wrong check digit."""
    return tax_id[:-1] + str((int(tax_id[-1]) + 1) % 10)


def _servers(ports: Sequence[int], home: Path) -> list[Server]:
    return [
        Server(name, f"http://127.0.0.1:{port}", home / f"{name}.signing-secret")
        for name, port in zip(NAMES, ports, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--ports", type=int, nargs=len(NAMES), required=True)
    options = parser.parse_args()
    with ExitStack() as stack:
        for port, server in zip(options.ports, _servers(options.ports, options.home), strict=True):
            stack.enter_context(serving(port=port, name=server.name, secret_file=server.secret_file))
            print(f"{server.name} listens on {server.url}", flush=True)
        while running_in(options.home):
            time.sleep(1)


if __name__ == "__main__":
    main()
