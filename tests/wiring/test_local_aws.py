import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from localaws.instance import PROJECT, Emulator, LocalAwsError, free_port, last_port, running_in
from localaws.marketplace import supplier_ports


def test_a_second_emulator_in_the_same_home_is_refused(tmp_path: Path) -> None:
    emulator = Emulator(tmp_path, free_port())
    emulator.start()
    try:
        with pytest.raises(LocalAwsError, match="already runs"):
            Emulator(tmp_path, free_port()).start()
        assert emulator.client("sqs").list_queues()
    finally:
        emulator.stop()


def test_two_homes_run_side_by_side_and_know_nothing_of_each_other(tmp_path: Path) -> None:
    one, two = (Emulator(tmp_path / name, free_port()) for name in ("one", "two"))
    for emulator in (one, two):
        emulator.home.mkdir()
        emulator.start()
    one.client("sqs").create_queue(QueueName="mine")

    assert not two.client("sqs").list_queues().get("QueueUrls")
    assert one.stop()
    assert running_in(one.home) is None
    assert two.client("sqs").list_queues()
    assert two.stop()


def test_stopping_what_does_not_run_ends_no_process(tmp_path: Path) -> None:
    (tmp_path / "emulator.lock").write_text(json.dumps({"pid": os.getpid(), "port": 1}))

    assert Emulator(tmp_path, 1).stop() is False


def test_the_port_of_last_time_is_remembered(tmp_path: Path) -> None:
    assert last_port(tmp_path) is None
    emulator = Emulator(tmp_path, free_port())
    emulator.start()
    emulator.stop()

    assert running_in(tmp_path) is None
    assert last_port(tmp_path) == emulator.port


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(LocalAwsError, match=rf"Port {port} is taken.*make up PORT="):
            Emulator(tmp_path, port).start()


def test_functions_see_nothing_of_the_environment_of_whoever_started_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")

    environment = Emulator(tmp_path, 1)._environment()

    assert not {name for name in environment if name.startswith(("AWS_", "PYTHON"))}
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["HOME"].startswith(str(tmp_path))


def test_another_version_of_the_emulator_is_refused() -> None:
    program = "from localaws import patches; patches.EMULATOR_VERSION = '0'; patches.apply_all()"
    refused = subprocess.run(
        [PROJECT / ".local" / "emulator-venv" / "bin" / "python", "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode != 0
    assert "make setup" in refused.stderr


def test_sample_suppliers_of_two_checkouts_never_share_a_port() -> None:
    ports = [port for first in range(4000, 14000) for port in supplier_ports(first)]

    assert len(ports) == len(set(ports))
    assert all(1024 < port < 65536 for port in ports)


def test_the_endpoint_file_is_for_its_owner_only(tmp_path: Path) -> None:
    from localaws.marketplace import _write

    _write(tmp_path / "endpoint.json", {"admin_token": "t"})

    assert json.loads((tmp_path / "endpoint.json").read_text()) == {"admin_token": "t"}
    assert stat.S_IMODE((tmp_path / "endpoint.json").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "endpoint.json"]


def test_a_command_that_needs_a_running_marketplace_says_how_to_start_one(tmp_path: Path) -> None:
    program = (
        f"import localaws.__main__ as m; m.HOME = __import__('pathlib').Path({str(tmp_path)!r}); m.main()"
    )
    refused = subprocess.run(
        [sys.executable, "-c", program, "reload"], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert refused.returncode != 0
    assert refused.stderr == "Nothing runs: `make up` first.\n"
