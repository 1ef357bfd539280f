"""The commands of the README, in a clean clone of this checkout, as a newcomer would type them."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.client import Client
from localaws.instance import PROJECT, free_port

LIVE_WITHIN_S = 5.0
RELOADED = re.compile(r"live after ([0-9.]+) s")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What is committed and what is changed here, with the virtual environments of this checkout, so that
    the test does not install them again."""
    folder = tmp_path_factory.mktemp("clone") / "marketplace"
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, tracked.split("\0")):
        if (PROJECT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    (folder / ".venv").symlink_to(PROJECT / ".venv")
    (folder / ".local").mkdir()
    (folder / ".local" / "emulator-venv").symlink_to(PROJECT / ".local" / "emulator-venv")
    yield folder
    make(folder, "reset")


def make(folder: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(400)
def test_a_newcomer_sees_the_demo_changes_the_code_and_stops(clone):
    shown = make(clone, "demo", f"PORT={free_port()}")
    assert '"status": "SHIPPED"' in shown
    assert re.search(r"[0-9.]+ s  A shopper orders from both suppliers  \([0-9]+ ms\)", shown)
    endpoint = json.loads((clone / ".local" / "endpoint.json").read_text())
    order_line = next(line for line in shown.splitlines() if "/orders/ord_" in line)
    curl_works(order_line)

    client = Client(endpoint["base_url"])
    took = []
    for version in ("9.9.1", "9.9.2", "9.9.3"):  # a busy machine may spoil one of them
        change_version(clone, version)
        took.append(float(RELOADED.search(make(clone, "reload"))[1]))
        assert client.call("GET", "/health")["version"] == version
    assert min(took) < LIVE_WITHIN_S

    make(clone, "up")
    make(clone, "down")
    make(clone, "up")
    again = json.loads((clone / ".local" / "endpoint.json").read_text())
    assert again["base_url"] == endpoint["base_url"]
    curl_works(order_line)


def change_version(clone: Path, version: str) -> None:
    source = clone / "chalicelib" / "api" / "docs.py"
    source.write_text(
        re.sub(r'^VERSION = ".*"$', f'VERSION = "{version}"', source.read_text(), flags=re.MULTILINE)
    )


def curl_works(line: str) -> None:
    token, url = re.search(r"Bearer (\S+)' (http\S+)", line).groups()
    base, _, path = url.partition("/v1/")
    deadline = time.monotonic() + 20
    client = Client(f"{base}/v1")
    while client.send("GET", f"/{path}", token=token).status_code != 200:
        assert time.monotonic() < deadline


def test_the_readme_names_only_targets_that_exist(clone):
    offered = set(re.findall(r"^  ([a-z-]+) ", make(clone, "help"), flags=re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", (clone / "README.md").read_text()))
    assert named <= offered
    assert {"demo", "test", "up", "down", "reload", "reset", "deploy"} <= named
