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

ROWS = 300
"""Three with each kind of damage; tests/component/test_import_size.py reads 5,000."""
Json = dict[str, Any]


@pytest.fixture(scope="module")
def supplier(stack) -> Iterator[actors.Supplier]:
    with actors.a_supplier(Client(stack.base_url)) as supplier:
        yield supplier


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with showing() as url:
        yield url


def asked(supplier: actors.Supplier, content: bytes) -> str:
    """The id of the import of a file that was uploaded."""
    path = f"{supplier.path}/imports"
    answer = supplier.client.call("POST", path, token=supplier.api_key, json={"upload": True})
    form = answer["upload"]
    sent = requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=30)
    assert sent.status_code == 204, sent.text
    return str(answer["import"]["import_id"])


def uploaded(supplier: actors.Supplier, content: bytes) -> Json:
    """The import of an uploaded file, when it has ended."""
    return ended(supplier, asked(supplier, content))


def ended(supplier: actors.Supplier, import_id: str) -> Json:
    return supplier.client.read_until(
        f"{supplier.path}/imports/{import_id}",
        lambda found: found["status"] in ("COMPLETE", "FAILED", "CANCELLED"),
        token=supplier.api_key,
        patience_s=60,
    )


def issues(supplier: actors.Supplier, import_id: str) -> list[Json]:
    path, cursor, found = f"{supplier.path}/imports/{import_id}/issues?limit=100", "", []
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        page = supplier.client.call("GET", path + more, token=supplier.api_key)
        found += page["items"]
        cursor = page["next_cursor"]
    return found


GOOGLE = (
    "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tbrand\tgtin\tcondition\t"
    "google_product_category\tcustom_label_0\n"
    "G-1\tKettle\tBoils.\thttps://shop.example/1\t{image}\tin stock\t39.00 EUR\tHarbour\t{first}\tnew\t"
    "Kitchen > Kettles\tsummer\n"
    "G-2\tLadle\tScoops.\thttps://shop.example/2\t{image}\tin_stock\t9.50 EUR\tHarbour\t{second}\tnew\t"
    "Kitchen > Ladles\tsummer\n"
)
SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,"
    "Status\n"
    'mug,Mug,"<p>Holds &amp; pours.</p>",Harbour,Mugs,"a, b",TRUE,Colour,Blue,MUG-B,350,4,12.90,,'
    "'{first},{image},active\n"
    "mug,,,,,,,,Red,MUG-R,350,7,13.90,,{second},,\n"
)


def written(text: str, pictures: str) -> bytes:
    """The export with codes that nobody has yet."""
    codes = {"first": actors.a_gtin(), "second": actors.a_gtin()}
    return text.format(image=f"{pictures}/export.png", **codes).encode()


def active(supplier: actors.Supplier, sku: str) -> bool:
    offer = supplier.client.call("GET", f"{supplier.path}/offers/{sku}", token=supplier.api_key)
    return bool(offer["active"])


def sent_in(supplier: actors.Supplier, content: bytes, media_type: str) -> Json:
    """The import of a feed in a request, when it has ended."""
    answer = supplier.client.call(
        "POST",
        f"{supplier.path}/imports",
        token=supplier.api_key,
        data=content,
        headers={"Content-Type": media_type},
    )
    return ended(supplier, answer["import"]["import_id"])


def test_a_google_export_dropped_in_unchanged_is_on_sale(supplier, pictures):
    content = written(GOOGLE, pictures).decode().encode("utf-16")

    import_ = sent_in(supplier, content, "text/tab-separated-values")

    assert (import_["dialect"], import_["lines_in_success"]) == ("GOOGLE_TSV", 2), import_
    assert set(import_["unused_columns"]) == {"link", "custom_label_0"}
    assert active(supplier, "G-1")
    assert active(supplier, "G-2")


def test_a_shopify_export_is_on_sale_once_the_row_that_came_back_is_mended(supplier, pictures):
    content = written(SHOPIFY, pictures)
    damaged = content.replace(b",13.90,", b",on request,")

    first = uploaded(supplier, damaged)
    path = f"{supplier.path}/imports/{first['import_id']}/failed-rows"
    file = supplier.client.send("GET", path, token=supplier.api_key).text
    second = sent_in(supplier, file.replace("on request", "13.90").encode(), "text/csv")

    assert (first["dialect"], counted(first)["lines_in_success"], counted(first)["lines_in_error"]) == (
        "SHOPIFY_CSV",
        1,
        1,
    )
    assert "13.90" not in file
    assert second["lines_in_error"] == 0
    assert active(supplier, "MUG-B")
    assert active(supplier, "MUG-R")


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


def test_a_small_import_does_not_wait_for_anothers_large_one(stack, pictures):
    client = Client(stack.base_url)
    with actors.a_supplier(client) as one, actors.a_supplier(client) as other:
        large = asked(one, b"".join(generated_feed.write(ROWS, images=pictures)))
        small = sent_in(other, written(GOOGLE, pictures), "text/csv")

        assert small["lines_in_success"] == 2
        assert small["finished_at"] < ended(one, large)["finished_at"]


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
