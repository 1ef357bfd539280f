"""2,500 generated rows, one in a hundred with each kind of damage; `make bench` reads 100,000.

A process of its own runs the real worker against a stub that answers at once: figures that count are held
here, times are the bench's.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROWS = 2_500


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.imports", str(ROWS), "--alone"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    return dict(json.loads(finished.stdout))


def test_all_good_rows_are_on_sale(run: dict[str, Any]):
    assert run["offers_accepted"] == run["terms_on_sale"] == run["good_rows"]


def test_every_bad_row_comes_back_with_its_true_reason(run: dict[str, Any]):
    assert run["failed_rows_are_the_bad_ones"]
    assert not run["wrong_reasons"]


def test_a_row_costs_a_fraction_of_a_request_and_memory_does_not_grow_with_the_feed(run: dict[str, Any]):
    assert run["requests_per_row"] <= 0.25
    assert run["grown_mb"] < 60
