"""Files that others made, with the answers that came with them where there are any."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
from unit.feeds import offers_of, opened, rows_of, rules, written

from chalicelib.feeds import FeedRefused, Options, open_feed
from chalicelib.feeds.lines import lines
from chalicelib.feeds.tables import records

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data"))
SPECTRUM = sorted((DATA / "csv-spectrum/csvs").glob("*.csv"))
SPECIAL = sorted(path for path in (DATA / "tabulator-special").rglob("*.*") if path.suffix != ".md")
BOOKS = sorted((DATA / "django-oscar-books").glob("*.csv"))

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_csv_is_read_as_csv_spectrum_answers(path: Path):
    answer = json.loads((path.parent.parent / "json" / f"{path.stem}.json").read_text())
    content = path.read_bytes()
    if path.stem == "newlines_crlf":
        content = content.replace(b"\n", b"\r\n")  # the copy lost what its answer still has
    if path.stem == "location_coordinates":
        answer = [answer | {"Contact Phone Number": "2095257564"}]  # as the file has it, in a list
    chunks = (content[at : at + 7] for at in range(0, len(content), 7))

    header, *found = records(lines(chunks, 0), start=0, number=1, delimiter=",", spaced=False)

    assert [dict(zip(header.cells, row.cells, strict=True)) for row in found] == answer


SEEN = {
    **{f"special/{name}.csv": "id, name" for name in ("bom", "latin1", "long", "table")},
    **{f"special/{name}.csv": "# it's a comment!" for name in ("skip-rows", "skip-rows-before-headers")},
    **{f"special/{name}": "id, name" for name in ("table.csv.zip", "table.bad-format", "sheets.xlsx")},
    **dict.fromkeys(("table.csv.gz", "table.csv.zip"), "id, name"),
    "special/accent.csv": "n_amenageur, n_operateur",
    "special/doublequote.csv": "INCISO, NOMBREINCISO",
    "special/doublequote.csv.zip": "INCISO, NOMBREINCISO",
    "special/multiline-headers.xlsx": "Region, Caloric contribution",
    "special/skip-rows.xlsx": "Table 1",
}


@pytest.mark.parametrize("path", SPECIAL, ids=lambda path: path.name)
def test_a_table_of_something_else_is_refused_with_what_was_read_of_it(path: Path):
    with path.open("rb") as stream, pytest.raises(FeedRefused) as refused:
        open_feed(stream)

    other = {".xls": "UNSUPPORTED_FILE", ".ods": "UNSUPPORTED_FILE", ".html": "UNSUPPORTED_FILE"}
    expected = "NOT_ONE_FILE" if path.name == "2-files.zip" else other.get(path.suffix, "UNKNOWN_DIALECT")
    assert refused.value.code == expected
    name = path.relative_to(DATA / "tabulator-special").as_posix()
    assert SEEN.get(name, "") in refused.value.message


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_books_without_a_header_are_refused_and_become_offers_with_one(path: Path):
    content = path.read_text(encoding="utf-8")

    with pytest.raises(FeedRefused, match="the first has: Book, Books > "):
        opened(content)

    header = "kind,category,sku,title,description,supplier,gtin,price,quantity\n"
    books = rows_of(header + content, options=Options(country="GB"))
    assert len(books) == len(list(csv.reader(io.StringIO(content))))
    assert not any(book.faults for book in books)
    assert all(book.offer and book.offer["price"]["currency"] == "GBP" for book in books)


def test_a_shops_export_becomes_offers_as_it_is():
    export = (DATA / "shopify-packt/Product-data.csv").read_bytes()
    feed = opened(export, options=Options(country="HR"))
    rows = list(feed.rows)

    assert (feed.dialect, len(rows)) == ("SHOPIFY_CSV", 21)
    assert {rule for row in rows for rule in rules(row)} == {"feed.sku_derived"}
    assert not any(row.is_refused for row in rows)
    assert [row.sku for row in rows][-2:] == ["gardening-gloves-Green", "gardening-gloves-Yellow"]
    assert [len(row.offer["image_urls"]) for row in rows[-2:] if row.offer] == [2, 2]
    assert offers_of(written(feed, rows), options=Options(country="HR")) == [
        (row.sku, row.offer) for row in rows
    ]


def test_9541_real_products_come_through_a_table_unchanged():
    names = {"fdc_id": "sku", "gtin_upc": "gtin", "short_description": "title", "ingredients": "description"}
    names |= {"brand_owner": "brand", "branded_food_category": "category"}
    with (DATA / "usda-branded-food/branded_food.csv").open(encoding="utf-8-sig", newline="") as file:
        products = [{new: row[old] for old, new in names.items()} for row in csv.DictReader(file)]
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, names.values())
    writer.writeheader()
    writer.writerows(products)

    found = rows_of(table.getvalue())

    assert len(found) == 9541
    for row, product in zip(found, products, strict=True):
        assert {"sku": row.sku, **(row.offer or {})} == {
            name: text for name, text in product.items() if text or name != "gtin"
        }
