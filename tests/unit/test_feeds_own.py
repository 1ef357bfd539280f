"""Our own dialect: what a table or a line of JSON says, row by row."""

import pytest
from unit.feeds import offer_of, opened, rows_of, rules, written


def test_a_table_says_what_an_offer_body_says():
    text = (
        "sku,gtin,title,price,currency,quantity,image_urls,attributes.Grind,shipping_weight\n"
        'A-1,9521101001013,"Tea, black",12.99,EUR,5,//a.example/1.png|https://a.example/2.png,fine,2.5 kg\n'
    )

    (row,) = rows_of(text)

    assert (row.number, row.sku, row.faults) == (2, "A-1", ())
    assert row.offer == {
        "gtin": "9521101001013",
        "title": "Tea, black",
        "price": {"amount": "12.99", "currency": "EUR"},
        "quantity": 5,
        "image_urls": ["https://a.example/1.png", "https://a.example/2.png"],
        "attributes": {"Grind": "fine"},
        "shipping_weight": {"value": 2.5, "unit": "kg"},
    }


def test_a_row_whose_quote_never_closes_takes_no_other_row_with_it():
    text = 'sku,title,price\n"A-1,Tea,1 EUR\nA-2,Tea,2 EUR\n'

    bad, good = rows_of(text)

    assert (bad.number, rules(bad)) == (2, ["feed.row_end"])
    assert (good.number, good.sku, good.faults) == (3, "A-2", ())


@pytest.mark.parametrize(
    "good", ["A-2,Pot,2 EUR", 'A-2,"Pot",2 EUR', 'A-2,"Pot, blue",2 EUR', '"A-2","Pot","2 EUR"']
)
def test_no_quote_that_stays_open_swallows_a_row_whatever_quotes_follow(good: str):
    found = rows_of("sku,title,price\n" + f'A-1,"Tea,1 EUR\n{good}\n' * 40)

    assert [row.sku for row in found] == [None, "A-2"] * 40
    assert {tuple(rules(row)) for row in found} == {("feed.row_end",), ()}
    assert {offer_of(row)["price"]["amount"] for row in found[1::2]} == {"2.00"}


def test_failed_rows_come_back_with_their_reason_and_are_read_again_as_they_were():
    text = 'sku,title,price,quantity\nA-1,=HYPERLINK(1),"1,290 EUR",x\n"","- a list",-5,1\n'
    feed = opened(text)
    failed = [row for row in feed.rows if row.is_refused]

    file = written(feed, failed, "=why").decode()

    assert file.splitlines()[1] == """A-1,'=HYPERLINK(1),"1,290 EUR",x,'=why"""
    assert [row.offer for row in rows_of(file)] == [row.offer for row in failed]


def test_a_row_with_more_cells_than_the_header_keeps_them_in_its_copy():
    feed = opened("sku,title,price\nA-1,Tea, black,1 EUR\n")
    (row,) = feed.rows

    for _ in range(2):
        (again,) = rows_of(written(feed, [row]))
        assert rules(again) == rules(row)
        assert again.raw["cells"] == ["A-1", "Tea", " black", "why", "1 EUR"]
        feed, row = opened(written(feed, [row])), again


def test_a_line_of_json_is_a_record_and_a_bad_one_stops_nothing():
    text = '{"sku": "A-1", "offer": {"title": "Tea", "colour": 1}}\n{bad\n{"sku": "A-2", "title": "Tea"}\n'
    feed = opened(text)

    first, bad, last = feed.rows

    assert (first.sku, first.offer, list(feed.unused_columns)) == ("A-1", {"title": "Tea"}, ["colour"])
    assert (bad.number, bad.offer, rules(bad)) == (2, None, ["feed.json"])
    assert (last.number, last.sku) == (3, "A-2")


def test_reading_goes_on_behind_any_row():
    text = 'sku,title,price\nA-1,"two\nlines",1 EUR\nA-2,Tea,2 EUR\nA-3,Tea,3 EUR\n'
    whole = rows_of(text)

    for index, row in enumerate(whole, start=1):
        assert rows_of(text, position=row.after) == whole[index:]
