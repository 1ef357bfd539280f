"""What holds for every feed: nothing is lost on the way back, nothing hostile gets further than a refusal."""

import gzip
import io
import json
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from string import printable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.feeds import EURO, opened, rows_of, written
from unit.test_feeds_files import ATOM, CAFE, RSS
from unit.test_feeds_shops import GOOGLE, NEW_SHOPIFY, OLD_SHOPIFY, WOO

from chalicelib.feeds import FeedRefused, Row, open_feed, write_failed
from chalicelib.feeds.formulas import shielded, unshielded

SHAPE = {
    "dialect": "MARKETPLACE_CSV",
    "columns": ["sku", "title", "description", "attributes.Note"],
    "delimiter": ",",
    "encoding": "utf-8",
}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.text(
    "'=+-@\t\r\n\",;| 0", max_size=8
)


@given(texts)
def test_a_cell_is_shielded_and_read_back_as_it_was(cell: str):
    assert unshielded(shielded(cell)) == cell
    assert shielded(cell)[:1] not in "=@\t\r" or cell == ""


@given(st.lists(st.tuples(st.text("AZ09", min_size=1), texts, texts, texts), min_size=1, max_size=5))
def test_failed_rows_are_read_again_as_the_rows_that_they_were(cells: list[tuple[str, ...]]):
    file = b"".join(write_failed(SHAPE, [({"cells": list(row)}, "=1+1") for row in cells]))
    found = rows_of(file)

    assert [row.raw["cells"][:4] for row in found] == [list(row) for row in cells]
    assert [row.sku for row in found] == [row[0] for row in cells]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(texts | st.just("sku"), json_values, max_size=4), min_size=1, max_size=4))
def test_records_come_back_byte_for_byte_behind_their_reason(records: list[dict[str, object]]):
    feed = opened(json.dumps(records, ensure_ascii=False))
    rows = list(feed.rows)

    file = written(feed, rows, '"}, ')
    again = opened(file)
    same = list(again.rows)

    assert [row.offer for row in same] == [row.offer for row in rows]
    assert all(row.raw["text"][1:] in new.raw["text"] for row, new in zip(rows, same, strict=True))
    assert written(again, same, '"}, ') == file


def test_a_reason_that_was_moved_within_its_record_is_replaced():
    feed = opened('{"sku": "A-1", "price": "?", "error": "before"}\n')

    file = written(feed, list(feed.rows), "now")

    assert json.loads(file) == {"error": "now", "sku": "A-1", "price": "?"}


def read_or_refused(content: bytes) -> tuple[list[Row], FeedRefused | None]:
    rows: list[Row] = []
    try:
        feed = opened(content)
        rows.extend(feed.rows)
        assert written(feed, rows) or not rows
    except FeedRefused as refused:
        return rows, refused
    return rows, None


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("feed.csv", content)
    return buffer.getvalue()


@pytest.mark.parametrize("packed", [zipped, gzip.compress])
def test_a_bomb_is_refused_before_it_is_unpacked(packed: Callable[[bytes], bytes]):
    with pytest.raises(FeedRefused) as refused:
        rows_of(packed(b"sku,title,price\nA-1," + b" " * 30_000_000))

    assert refused.value.code == "FILE_TOO_LARGE"


def test_a_line_without_end_and_a_quote_without_end_are_one_bad_row_each():
    content = b'sku,title,price\nA-1,"' + b"x" * 1_000_000 + b'\nA-2,Tea,1 EUR\nA-3,"Pot,2 EUR\n'
    content += b"A-4,Cup,3 EUR\n" * 20_000

    rows = rows_of(content)

    assert [(row.number, row.sku) for row in rows if row.is_refused] == [(2, None), (4, None)]
    assert len(rows) == 3 + 20_000


def test_quotes_that_open_on_every_line_end_the_file_instead_of_the_patience():
    with pytest.raises(FeedRefused) as refused:
        rows_of(b"sku,title,price\n" + b'","x"y,"\n' * 60_000)

    assert refused.value.code == "QUOTE_NOT_CLOSED"


@pytest.mark.parametrize("deep", [b'{"a":' * 50_000, b"[" * 100_000, b'{"sku":"A","b":' + b"[" * 50_000])
def test_nesting_without_end_is_a_bad_record_or_a_refusal(deep: bytes):
    rows, refusal = read_or_refused(deep)

    assert all(row.is_refused for row in rows)
    assert refusal is None or refusal.code == "BROKEN_FILE"


GOOGLE_HEADER = "id\ttitle\tdescription\tavailability\tlink\tprice\n"


@pytest.mark.parametrize(
    "content",
    [
        f"sku,title,price\nA-1,@{'|' * 60_000},1 EUR\n".encode(),
        f"sku,title,price\nA-1,Tea,{'1 $ ' * 15_000}\n".encode(),
        f"{GOOGLE_HEADER}A-1\tTea\t&#{'9' * 60_000};\tin stock\t\t1 EUR\n".encode(),
        f"{GOOGLE_HEADER}A-1\tTea\t{'<a' * 30_000}\tin stock\t\t1 EUR\n".encode(),
        b'{"sku": "A-1", "quantity": ' + b"9" * 200_000 + b"}",
        b"".join(gzip.compress(bytes([byte])) for byte in b'[{"sku": "' + b"x" * 60_000 + b'"}]'),
        b"<rss><channel><item>" + b"<g:product_type>a</g:product_type>" * 7_000 + b"</item></channel></rss>",
    ],
    ids=["bars", "prices", "an entity", "tags", "digits", "crumbs", "repetitions"],
)
def test_what_is_made_to_take_long_does_not(content: bytes):
    (row,) = rows_of(content)

    assert len(json.dumps(row.faults, default=str)) < 2_000


def test_formulas_and_what_failed_ones_show_are_refused_by_column():
    one, other = rows_of('sku,title,price\nA-1,"=HYPERLINK(1)",1 EUR\nA-2,Tea,#REF!\n')

    assert [(fault.rule, fault.column) for fault in one.faults] == [("feed.formula", "title")]
    assert ("feed.formula", "price") in [(fault.rule, fault.column) for fault in other.faults]


def test_a_text_that_a_spreadsheet_kept_as_a_formula_is_what_it_shows():
    (row,) = rows_of('sku,gtin,title\n"=""A-1""","=""0012345678905""",Tea\n')

    assert (row.sku, row.offer, row.faults) == ("A-1", {"gtin": "0012345678905", "title": "Tea"}, ())


class Endless(io.RawIOBase):
    """A stream of rows that are made as they are read, and that cannot seek."""

    def __init__(self, header: bytes, row: bytes, count: int) -> None:
        self._rest = self._made(header, row, count)

    @staticmethod
    def _made(header: bytes, row: bytes, count: int) -> Iterator[bytes]:
        yield header
        for _ in range(count // 100):
            yield row * 100

    def readable(self) -> bool:
        return True

    def read(self, _size: int = -1) -> bytes:
        return next(self._rest, b"")


LONG = b"Tea " * 80
ITEM = b"<item><g:id>A</g:id><g:title>" + LONG + b"</g:title><g:price>1 EUR</g:price></item>"


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (b"sku,title,price\n", b'A-1,"' + LONG + b'\nand more",1 EUR\n'),
        (b"\n", b'{"sku": "A-1", "title": "' + LONG + b'"}\n'),
        (b"[", b'{"sku": "A-1", "title": "' + LONG + b'"},'),
        (b"<rss><channel>", ITEM),
        (b"Handle,Title,Variant SKU,Variant Price\n", b"a," + LONG + b",1,2\na,,2,3\nb,B,4,5\n"),
        (b"ID,Type,SKU,Name,Parent,Regular price\n", b"1,variable,P,P,,\n2,variation,S," + LONG + b",P,3\n"),
    ],
    ids=["table", "lines of JSON", "JSON array", "RSS", "Shopify", "WooCommerce"],
)
def test_memory_does_not_grow_with_the_rows(header: bytes, row: bytes):
    breaks_off = header in (b"[", b"<rss><channel>")
    for count in (100, 2_000):  # the first imports what is imported where it is used
        feed = open_feed(Endless(header, row, count), options=EURO)  # type: ignore[arg-type]
        tracemalloc.start()
        with pytest.raises(FeedRefused) if breaks_off else nullcontext():
            for _ in feed.rows:
                pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 1_000_000  # all rows together are 3 MB at least


FEEDS = [
    *(text.encode() for text in (OLD_SHOPIFY, NEW_SHOPIFY, WOO, GOOGLE, CAFE)),
    *(text.format(encoding="utf-8").encode() for text in (RSS, ATOM)),
    b'[{"sku": "A", "title": "x", "price": "12 EUR"}, {"sku": "B", "offer": {}}]',
    b'{"sku": "A"}\n{"sku": "B", "offer": {"price": "1,2,3 EUR"}}\n',
    CAFE.encode("utf-16"),
    gzip.compress(WOO.encode()),
    zipped(CAFE.encode()),
]
PIECES = [*b"\"\n\r,;\t\0\\{}[]<>&'=\xff", *(ord(character) for character in printable[:40])]


@settings(max_examples=400)
@given(st.sampled_from(FEEDS), st.integers(0, 2**32))
def test_a_damaged_feed_is_read_or_refused_and_nothing_else(content: bytes, seed: int):
    chance = random.Random(seed)
    damaged = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(damaged) + 1)
        damaged[at : at + chance.choice((0, 0, 1, 3, 30))] = bytes(
            chance.choices(PIECES, k=chance.choice((0, 1, 1, 4)))
        )

    _, refusal = read_or_refused(bytes(damaged))

    assert refusal is None or (refusal.code and refusal.message.endswith("."))
