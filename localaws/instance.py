"""One emulator of AWS on this machine: a folder that holds everything of it, and a port on loopback."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
EMULATOR_PYTHON = PROJECT / ".local" / "emulator-venv" / "bin" / "python"
REGION = "us-east-1"
_START_PATIENCE_S = 30.0
_STOP_PATIENCE_S = 30.0


class LocalAwsError(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


@dataclass(frozen=True)
class Emulator:
    """`home` keeps state, logs and the lock; one emulator runs in a home at a time."""

    home: Path
    port: int
    stock: bool = False
    save_every_s: float = 30.0
    enforce_iam: bool = False  # hold functions to their roles' policies, as AWS does

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / "emulator.log"

    def start(self) -> None:
        """Start it detached and wait until it answers.

        Raises LocalAwsError when the port is taken, the emulator is not installed or it does not come up.
        """
        if not EMULATOR_PYTHON.exists():
            raise LocalAwsError("The emulator is not installed: run `make setup`.")
        if running_in(self.home):
            raise LocalAwsError(f"An emulator already runs in {self.home}.")
        if not port_is_free(self.port):
            raise LocalAwsError(
                f"Port {self.port} is taken by another program, perhaps by another checkout of this project. "
                f"Choose another one: make up PORT={self.port + 100}"
            )
        shutil.rmtree(self._tmp, ignore_errors=True)  # what Lambda workers left behind
        self._tmp.mkdir(parents=True)
        if not self._launch():
            raise LocalAwsError(
                f"The emulator did not start; its log {self.log} ends with:\n{self._end_of_log()}"
            )

    def _launch(self) -> bool:
        command = [EMULATOR_PYTHON, "-m", "localaws.emulator", "--home", self.home]
        with self.log.open("w") as log:
            launched = subprocess.run(
                [*command, *(["--stock"] if self.stock else [])],
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        if launched.returncode != 0:
            return False
        _wait(lambda: _answers(self.url) or running_in(self.home) is None, _START_PATIENCE_S)
        if _answers(self.url):
            return True
        self.kill()
        return False

    def stop(self) -> bool:
        """Stop it and wait until its state is saved; False when none was running."""
        running = running_in(self.home)
        if running is None:
            return False
        os.kill(running["pid"], signal.SIGTERM)
        if not _wait(lambda: running_in(self.home) is None, _STOP_PATIENCE_S):
            os.kill(running["pid"], signal.SIGKILL)
        return True

    def kill(self) -> None:
        """End it the way a power cut would."""
        if running := running_in(self.home):
            os.kill(running["pid"], signal.SIGKILL)
            _wait(lambda: running_in(self.home) is None, _STOP_PATIENCE_S)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of one of its services."""
        import boto3

        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION,
            aws_access_key_id="test", aws_secret_access_key="test", **options,
        )  # fmt: skip

    @property
    def _tmp(self) -> Path:
        return self.home / "tmp"

    def _environment(self) -> dict[str, str]:
        """All variables of the emulator, for it hands each of them to every Lambda function."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._tmp),  # keeps the AWS profiles of whoever runs this out of reach
            "TMPDIR": str(self._tmp),
            "LANG": "C.UTF-8",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.home / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.home / "s3"),
            "LOCAL_LAYERS": str(PROJECT / ".local" / "layers"),
            "LOCAL_SAVE_EVERY_S": str(self.save_every_s),
            "LAMBDA_WARM_TTL_SECONDS": "60",
            "LAMBDA_ACCOUNT_CONCURRENCY": "32",
            "SFN_WAIT_SCALE": "0.01",
            "AUTH": "true" if self.enforce_iam else "false",
        }

    def _end_of_log(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def running_in(home: Path) -> dict[str, int] | None:
    """The `pid` and `port` of the emulator that runs in this home, or None.

    The lock decides, not the process table: it ends with its process, so a process that was given the same
    number later is never taken for it.
    """
    try:
        with _lock_file(home).open() as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    if content := lock.read():
                        return json.loads(content)
                    time.sleep(0.01)  # it is just starting and will say who it is
                else:
                    return None
    except FileNotFoundError:
        return None


def last_port(home: Path) -> int | None:
    """The port of the emulator that runs, or ran last, in this home."""
    file = _lock_file(home)
    content = file.read_text() if file.exists() else ""
    return json.loads(content)["port"] if content else None


def _lock_file(home: Path) -> Path:
    return home / "emulator.lock"


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _wait(condition: Any, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
