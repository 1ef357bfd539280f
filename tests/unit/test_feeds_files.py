"""What a file is packed in and how it is written: encodings, archives, workbooks, JSON, XML."""

import codecs
import gzip
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from unit.feeds import offer_of, offers_of, opened, rows_of, rules, written

from chalicelib.feeds import FeedRefused
from chalicelib.feeds.sources import CHUNK

CAFE = "sku,title,price\nC-1,Café “crème”,3.20 EUR\nC-2,Thé,2 EUR\n"
CAFE_OFFERS = [
    ("C-1", {"title": "Café “crème”", "price": {"amount": "3.20", "currency": "EUR"}}),
    ("C-2", {"title": "Thé", "price": {"amount": "2.00", "currency": "EUR"}}),
]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"],
)
def test_every_usual_encoding_is_told_and_the_failed_rows_need_no_guess(encoding: str):
    feed = opened(CAFE.encode(encoding))
    rows = list(feed.rows)

    assert [(row.sku, row.offer) for row in rows] == CAFE_OFFERS
    assert feed.encoding == encoding
    assert feed.shape["encoding"].startswith(("utf-8", "utf-16", "utf-32"))
    assert offers_of(written(feed, rows)) == CAFE_OFFERS
    assert offers_of(CAFE.encode(encoding), position=rows[0].after) == CAFE_OFFERS[1:]


def test_the_sender_can_name_an_encoding_that_nobody_could_tell():
    content = "sku,title,price\nЧ-1,Чай,3 EUR\n".encode("cp1251")

    feed = opened(content, media_type="text/csv; charset=windows-1251")
    (row,) = feed.rows

    assert row.sku == "Ч-1"
    assert offers_of(written(feed, [row])) == [(row.sku, row.offer)]
    with pytest.raises(FeedRefused, match="UTF-8"):
        opened(content, media_type="text/csv; charset=unicode_escape")


def test_a_row_in_another_encoding_than_the_files_beginning_says_so():
    filler = b"C-1,Tea,1 EUR\n" * 6_000
    rows = rows_of(b"sku,title,price\n" + filler + "C-2,Thé,2 EUR\n".encode("cp1252"))

    assert rows[-1].offer is not None
    assert rows[-1].offer["title"] == "Thé"
    assert rules(rows[-1]) == ["feed.encoding"]


def test_one_wrong_byte_does_not_make_another_encoding_of_the_file():
    content = "sku,title,price\nC-1,Thé,1 EUR\nC-2,Thé,2 EUR\nC-3,Caf?,3 EUR\n".encode().replace(
        b"?", b"\xe9"
    )

    found = rows_of(content)

    assert [offer_of(row)["title"] for row in found] == ["Thé", "Thé", "Café"]
    assert [rules(row) for row in found] == [[], [], ["feed.encoding"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_told(delimiter: str, newline: str):
    lines = ("sku", "title", "price"), ("A-1", "Tea", "1 EUR"), ("A-2", '"a""b"', "2 EUR")

    assert [sku for sku, _ in offers_of(newline.join(delimiter.join(line) for line in lines))] == [
        "A-1",
        "A-2",
    ]


def test_the_header_may_come_late_and_rows_are_counted_from_the_top():
    (row,) = rows_of("Our price list,,\n\nsku,title,price\n\nA-1,Tea,1 EUR\n,,\n")

    assert (row.number, row.sku) == (5, "A-1")


def test_a_header_that_names_a_used_column_twice_is_refused():
    with pytest.raises(FeedRefused) as refused:
        opened("sku,title,price,Title\n")

    assert (refused.value.code, refused.value.row, refused.value.column) == ("DUPLICATE_HEADER", 1, "Title")


def test_a_table_that_nobody_knows_is_refused_with_what_was_seen():
    with pytest.raises(FeedRefused, match="first has: Book, Fiction, 9780553380958") as refused:
        opened("Book,Fiction,9780553380958\n")

    assert refused.value.code == "UNKNOWN_DIALECT"


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


HALVES = CAFE.encode()[:30], CAFE.encode()[30:]


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(CAFE.encode("utf-16")),
        b"".join(map(gzip.compress, HALVES)),
        zipped({"feed.csv": CAFE.encode(), "__MACOSX/._feed.csv": b"", "folder/": b""}),
    ],
    ids=["gzip", "gzip in two parts", "zip"],
)
def test_a_packed_feed_is_unpacked_and_read_on(packed: bytes):
    first, _ = rows_of(packed)

    assert offers_of(packed) == CAFE_OFFERS
    assert offers_of(packed, position=first.after) == CAFE_OFFERS[1:]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FEED"),
        (b"\xef\xbb\xbf \n", "EMPTY_FEED"),
        (zipped({"a": b"1", "b": b"2"}), "NOT_ONE_FILE"),
        (zipped({"a": CAFE.encode()})[:60], "BROKEN_FILE"),
        (gzip.compress(CAFE.encode())[:-12], "BROKEN_FILE"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "UNSUPPORTED_FILE"),
        (b"%PDF-1.7", "UNSUPPORTED_FILE"),
        (b"<!DOCTYPE html><html></html>", "UNSUPPORTED_FILE"),
        (b"<rss><channel><item><title>News</title></item></channel></rss>", "UNKNOWN_DIALECT"),
        (b"\x00\x01\x02\x03" * 50, "UNKNOWN_DIALECT"),
    ],
    ids=["empty", "blank", "two files", "half a zip", "half a gzip", "xls", "pdf", "html", "news", "noise"],
)
def test_what_is_no_feed_is_refused_by_its_kind(content: bytes, code: str):
    with pytest.raises(FeedRefused) as refused:
        rows_of(content)

    assert refused.value.code == code


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["Read me first"])
    sheet = book.create_sheet("Products")
    for row in rows:
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_a_workbook_is_read_from_the_sheet_that_has_a_header():
    content = workbook(
        ["Price list"],
        ["sku", "gtin", "title", "price", "currency", "quantity", "available_from"],
        [1001, 9521101001013, "Tea", 12.9, "EUR", 5.0, None],
        [],
        ["A-2", "00012345678905", True, 68.66499999999999, "EUR", 1e12, None],
    )
    feed = opened(content)
    tea, other = feed.rows

    assert (tea.number, tea.sku, other.number) == (3, "1001", 5)
    assert tea.offer == {
        "gtin": "9521101001013",
        "title": "Tea",
        "price": {"amount": "12.90", "currency": "EUR"},
        "quantity": 5,
    }
    assert other.raw["cells"][:6] == ["A-2", "00012345678905", "TRUE", "68.665", "EUR", "1000000000000"]
    assert rows_of(content, position=tea.after) == [other]
    assert offers_of(written(feed, [tea])) == [("1001", tea.offer)]


def test_a_workbooks_row_is_no_longer_than_any_other():
    header = ["sku", "title", "brand", *(f"attributes.{number}" for number in range(20))]

    long, short = rows_of(workbook(header, ["A-1", "Tea", "", *["x" * 20_000] * 20], ["A-2", "Tea"]))

    assert (rules(long), long.offer) == (["feed.row_end"], None)
    assert (short.number, short.sku, short.faults) == (3, "A-2", ())


@pytest.mark.parametrize("wrapped", ["{}", '{{"next": [1], "items": {} }}', '{{"offers":{}}}'])
def test_an_array_of_records_is_read_element_by_element(wrapped: str):
    records = [{"sku": "A-1", "title": 'a } ] \\ " é', "attributes": {"x": ["[", 1.5]}}, 5, {"sku": "A-2"}]
    content = wrapped.format(json.dumps(records, indent=1))
    feed = opened(content)
    rows = list(feed.rows)

    assert feed.dialect == "MARKETPLACE_JSON"
    assert [(row.number, row.sku, rules(row)) for row in rows] == [
        (1, "A-1", []),
        (2, None, ["feed.json"]),
        (3, "A-2", []),
    ]
    assert rows[0].offer is not None
    assert rows[0].offer["title"] == records[0]["title"]
    assert [rows_of(content, position=row.after) for row in rows] == [rows[1:], rows[2:], []]
    assert offers_of(written(feed, [rows[0], rows[2]])) == [
        (row.sku, row.offer) for row in (rows[0], rows[2])
    ]


def test_one_object_over_several_lines_is_one_record():
    content = json.dumps({"sku": "A-1", "title": "Tea", "image_urls": ["https://a.example/1.png"]}, indent=2)

    (row,) = rows_of(content)

    assert (row.sku, row.faults) == ("A-1", ())
    assert rows_of(content, position=row.after) == []


RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
<channel><title>Shop</title><link>https://t.example</link>
<item><g:id>T-1</g:id><title><![CDATA[Thé & more]]></title><description>&lt;b&gt;Malty&lt;/b&gt;</description>
<g:price>15.00 EUR</g:price><g:availability>in_stock</g:availability><g:quantity>3</g:quantity>
<g:image_link>https://t.example/1.jpg</g:image_link>
<g:additional_image_link>https://t.example/2.jpg</g:additional_image_link>
<g:additional_image_link>https://t.example/3.jpg</g:additional_image_link>
<g:shipping><g:country>DE</g:country><g:price>4 EUR</g:price></g:shipping></item>
<item ><g:id>T-2</g:id><g:title>Pot</g:title><g:price>oops</g:price>
<g:availability>out_of_stock</g:availability></item >
</channel></rss>
"""
ATOM = (
    RSS.replace("rss version", "feed xmlns='http://www.w3.org/2005/Atom' version")
    .replace("</rss>", "</feed>")
    .replace("item", "entry")
    .replace("<channel>", "")
    .replace("</channel>", "")
    .replace("description", "summary")
    .replace("g:", "goo:")
    .replace("xmlns:g", "xmlns:goo")
)


@pytest.mark.parametrize("document", [RSS, ATOM], ids=["RSS", "Atom"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso8859-1"])
def test_google_xml_is_read_item_by_item_and_items_come_back_in_their_own_words(document: str, encoding: str):
    content = document.format(encoding=encoding).encode(encoding)
    feed = opened(content)
    tea, pot = feed.rows

    assert (feed.dialect, feed.encoding, tea.number, tea.sku) == ("GOOGLE_XML", encoding, 1, "T-1")
    assert tea.offer is not None
    assert (tea.offer["title"], tea.offer["description"]) == ("Thé & more", "Malty")
    assert tea.offer["price"] == {"amount": "15.00", "currency": "EUR"}
    assert tea.offer["image_urls"] == [f"https://t.example/{number}.jpg" for number in (1, 2, 3)]
    assert (pot.sku, rules(pot)) == ("T-2", ["feed.price"])
    assert [name.rpartition(":")[2] for name in feed.unused_columns] == ["shipping"]
    assert rows_of(content, position=tea.after) == [pot]
    again = written(feed, [pot, tea], "a < b")
    assert offers_of(again) == [(row.sku, row.offer) for row in (pot, tea)]
    assert written(opened(again), rows_of(again), "a < b") == again
    assert codecs.decode(again, encoding).count(":error>a &lt; b</") == 2


@pytest.mark.parametrize("tag", ["<item/>", '<item note="/>" />'])
@pytest.mark.parametrize("ends_a_chunk", [False, True])
def test_an_item_with_nothing_in_it_is_a_row_that_can_be_mended(tag: str, ends_a_chunk: bool):
    before, _, after = RSS.format(encoding="utf-8").partition("<item >")
    space = " " * (CHUNK - len(f"{before}{tag}".encode())) if ends_a_chunk else ""
    content = f"{before}{space}{tag}<item >{after}"
    feed = opened(content)
    _, nothing, pot = feed.rows

    assert (nothing.sku, pot.sku) == (None, "T-2")
    assert rows_of(content, position=nothing.after) == [pot]
    again = written(feed, [nothing, pot])
    assert [row.sku for row in rows_of(again)] == [None, "T-2"]
    assert written(opened(again), rows_of(again)) == again
    mended = again.replace(b"<g:error>", b"<g:id>T-3</g:id><g:error>", 1)
    assert [row.sku for row in rows_of(mended)] == ["T-3", "T-2"]


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("doctype", [BOMB, OUTSIDE, '<!DOCTYPE rss SYSTEM "http://a.example/x.dtd">'])
def test_xml_with_a_document_type_is_refused_before_it_is_read(doctype: str):
    content = RSS.format(encoding="utf-8").replace("<rss", f"{doctype}<rss").replace("oops", "&a;")

    with pytest.raises(FeedRefused) as refused:
        opened(content)

    assert refused.value.code == "DOCTYPE"


@pytest.mark.parametrize("damage", ["", "</g:prize>"])
def test_xml_that_breaks_off_keeps_the_items_before_it(damage: str):
    before, _, rest = RSS.format(encoding="utf-8").partition("oops")
    feed = opened(f"{before}{damage}{rest if damage else ''}")

    assert next(feed.rows).sku == "T-1"
    with pytest.raises(FeedRefused, match="item 2"):
        next(feed.rows)
