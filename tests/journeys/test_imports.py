"""Feeds as suppliers have them, sent in and uploaded, on a running marketplace."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import actors
import pytest
import requests

from bench import generated_feed
from bench.pictures import showing
from examples.client import Client

ROWS = 5_000
Json = dict[str, Any]


@pytest.fixture(scope="module")
def supplier(stack) -> Iterator[actors.Supplier]:
    with actors.a_supplier(Client(stack.base_url)) as supplier:
        yield supplier


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with showing() as url:
        yield url


def uploaded(supplier: actors.Supplier, content: bytes) -> Json:
    """The import of an uploaded file, when it has ended."""
    asked = supplier.client.call(
        "POST", f"{supplier.path}/imports", token=supplier.api_key, json={"upload": True}
    )
    upload = asked["upload"]
    sent = requests.post(upload["url"], data=upload["fields"], files={"file": content}, timeout=30)
    assert sent.status_code == 204, sent.text
    return ended(supplier, asked["import"]["import_id"])


def ended(supplier: actors.Supplier, import_id: str) -> Json:
    return supplier.client.read_until(
        f"{supplier.path}/imports/{import_id}",
        lambda found: found["status"] in ("COMPLETE", "FAILED", "CANCELLED"),
        token=supplier.api_key,
        patience_s=150,
    )


def issues(supplier: actors.Supplier, import_id: str) -> list[Json]:
    path, cursor, found = f"{supplier.path}/imports/{import_id}/issues?limit=100", "", []
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = supplier.client.call("GET", path + more, token=supplier.api_key)
        found += page["items"]
        cursor = page["next_cursor"]
    return found


@pytest.mark.timeout(240)
def test_of_a_large_feed_good_rows_go_live_and_each_bad_one_comes_back_with_its_reason(supplier, pictures):
    import_ = uploaded(supplier, b"".join(generated_feed.write(ROWS, images=pictures)))

    damage = {number: generated_feed.damage_of(number) for number in range(ROWS)}
    bad = {number: each for number, each in damage.items() if each and each.outcome != "SUCCESS"}
    assert import_["status"] == "COMPLETE", import_
    assert counted(import_) == {
        "lines_read": ROWS,
        "lines_in_success": ROWS - len(bad),
        "lines_in_error": sum(each.outcome == "ERROR" for each in bad.values()),
        "lines_in_pending": sum(each.outcome == "PENDING" for each in bad.values()),
    }
    found = defaultdict(set)
    for issue in issues(supplier, import_["import_id"]):
        found[issue["row"]].add(issue["rule"])
    for number, each in damage.items():
        assert (each.rule in found[generated_feed.row_number(number)]) if each else True, (number, each)
    assert failed(supplier, import_) == [
        fields["sku"]
        for number, fields in enumerate(generated_feed.rows(ROWS, images=pictures))
        if number in bad
    ]


def counted(import_: Json) -> Json:
    names = ("lines_read", "lines_in_success", "lines_in_error", "lines_in_pending")
    return {name: import_[name] for name in names}


def failed(supplier: actors.Supplier, import_: Json) -> list[str]:
    """The SKUs of the failed rows' file, each of which has a reason."""
    path = f"{supplier.path}/imports/{import_['import_id']}/failed-rows"
    answer = supplier.client.send("GET", path, token=supplier.api_key)
    assert answer.status_code == 200, answer.text
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert all(row["error"] for row in rows)
    return [row["sku"] for row in rows]
