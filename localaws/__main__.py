"""`python -m localaws up|down|reset|reload|status|logs`: the marketplace on this machine. `make` calls it."""

import argparse
import json
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.build import DeploymentError
from localaws.instance import PROJECT, Emulator, LocalAwsError, last_port, running_in
from localaws.marketplace import bring_up

HOME = PROJECT / ".local"
DEFAULT_PORT = 4566
_DATA = (
    "state",
    "s3",
    "tmp",
    "package",
    "admin-password",
    "emulator.*",
    "sample-suppliers.log",
    "*-secret",
    "test-*",
)
_LIFE_OF_A_CALL = ("START ", "END ", "REPORT ", "INIT_START ")


def up(port: int | None) -> None:
    """Start what does not run, release the app as it is now, and say where it is."""
    started = time.monotonic()
    running = running_in(HOME)
    if running and port not in {None, running["port"]}:
        raise LocalAwsError(
            f"It runs on port {running['port']} already: `make down` first, or leave PORT out."
        )
    emulator = Emulator(HOME, port or last_port(HOME) or DEFAULT_PORT)
    if not running:
        emulator.start()
    endpoint = bring_up(emulator)
    print(f"The marketplace is up after {time.monotonic() - started:.1f} s: {endpoint['base_url']}")
    print(f"Ports, the administrator's token and more: {_shown(HOME / 'endpoint.json')}")


def reload() -> None:
    """Release the app as it is now to what runs."""
    started = time.monotonic()
    bring_up(_running())
    print(f"The change is live after {time.monotonic() - started:.1f} s.")


def down() -> None:
    """Stop it; its data stays."""
    stopped = Emulator(HOME, DEFAULT_PORT).stop()
    (HOME / "endpoint.json").unlink(missing_ok=True)
    print("Stopped; `make up` brings it back with its data." if stopped else "Nothing runs.")


def reset() -> None:
    """Stop it and forget all data."""
    down()
    for left_over in HOME.glob("test-*"):
        Emulator(left_over, DEFAULT_PORT).stop()
    for path in [path for pattern in _DATA for path in HOME.glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    print("All local data is gone.")


def status() -> None:
    """Say whether it runs and where."""
    running, file = running_in(HOME), HOME / "endpoint.json"
    if not running:
        print("Not running; start it with `make up`.")
    elif not file.exists():
        print(f"Only the emulator runs, on port {running['port']} (process {running['pid']}): `make up`.")
    else:
        address = json.loads(file.read_text())["base_url"]
        print(f"Running on port {running['port']} (process {running['pid']}): {address}")


def logs() -> None:
    """Print what the functions logged in the last ten minutes."""
    emulator = _running()
    client = emulator.client("logs")
    lines: list[tuple[int, str, str]] = []
    since = int((time.time() - 600) * 1000)
    for group in _pages(client, "describe_log_groups", "logGroups", logGroupNamePrefix="/aws/lambda/"):
        name = group["logGroupName"]
        events = _pages(client, "filter_log_events", "events", logGroupName=name, startTime=since)
        lines += [(event["timestamp"], name.rsplit("/", 1)[1], event["message"].rstrip()) for event in events]
    for moment, function, message in sorted(lines):
        if not message.startswith(_LIFE_OF_A_CALL):
            print(f"{datetime.fromtimestamp(moment / 1000, UTC):%H:%M:%S} {function} {message}")
    print(f"The emulator's own log: {_shown(emulator.log)}", file=sys.stderr)


def _pages(client: Any, operation: str, field: str, **arguments: Any) -> Any:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[field]


def _running() -> Emulator:
    running = running_in(HOME)
    if not running:
        raise LocalAwsError("Nothing runs: `make up` first.")
    return Emulator(HOME, running["port"])


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def main() -> None:
    commands = {command.__name__: command for command in (up, down, reset, reload, status, logs)}
    parser = argparse.ArgumentParser(prog="python -m localaws", description=__doc__)
    parser.add_argument("command", choices=commands)
    parser.add_argument(
        "--port", type=int, help=f"for `up`; {DEFAULT_PORT} unless it runs on another one already"
    )
    options = parser.parse_args()
    arguments = [options.port] if options.command == "up" else []
    try:
        commands[options.command](*arguments)
    except (LocalAwsError, DeploymentError) as trouble:
        raise SystemExit(str(trouble)) from None


if __name__ == "__main__":
    main()
