"""What shops export, taken as it comes: Shopify in both generations, WooCommerce, Google Merchant."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from unit.feeds import offer_of, offers_of, opened, rows_of, rules, table, written

from chalicelib.bodies.offer import OfferBodySchema
from chalicelib.feeds import Options, own

SAMPLES = Path(__file__).parents[2] / "examples/sample_data"

OLD_SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Variant Barcode,Image Src,"
    "Variant Image,Status\n"
    'mug,Mug,"<p>Holds &amp; pours.</p><ul><li>blue</li></ul>",Harbour,Mugs,"a, b",TRUE,Colour,Blue,'
    "MUG-B,350,4,12.90,0.00,'9521102002011,https://cdn.example/1.png,,active\n"
    "mug,,,,,,,,Red,MUG-R,350,-2,13.90,20.00,9521102002028,https://cdn.example/2.png,//cdn.example/r.png,\n"
    "mug,,,,,,,,,,,,,,,https://cdn.example/3.png,,\n"
    "bowl,Bowl,,Harbour,Bowls,,TRUE,Title,Default Title,,0,,8,,,,,draft\n"
)
NEW_SHOPIFY = (
    "Title,URL handle,Description,Vendor,Product category,Type,Published on online store,Status,SKU,Barcode,"
    "Option1 name,Option1 value,Price,Compare-at price,Inventory quantity,Weight value (grams),"
    "Product image URL,Variant image URL,Price / International\n"
    'Mug,mug,"<p>Holds &amp; pours.</p><ul><li>blue</li></ul>",Harbour,,Mugs,TRUE,active,MUG-B,'
    "'9521102002011,Colour,Blue,12.90,0.00,4,350,https://cdn.example/1.png,,\n"
    ",mug,,,,,,,MUG-R,9521102002028,,Red,13.90,20.00,-2,350,https://cdn.example/2.png,//cdn.example/r.png,\n"
    ",mug,,,,,,,,,,,,,,,https://cdn.example/3.png,,\n"
    "Bowl,bowl,,Harbour,,Bowls,TRUE,draft,,,Title,Default Title,8,,,0,,,\n"
)


@pytest.mark.parametrize("export", [OLD_SHOPIFY, NEW_SHOPIFY], ids=["old headers", "new headers"])
def test_a_shopify_variant_takes_from_its_products_first_row_what_it_leaves_empty(export: str):
    blue, red, bowl = rows_of(export)

    assert (blue.number, red.number, bowl.number) == (2, 3, 5)
    assert red.sku == "MUG-R"
    assert red.offer == {
        "gtin": "9521102002028",
        "title": "Mug - Red",
        "description": "Holds & pours.\n\n- blue",
        "brand": "Harbour",
        "category": "Mugs",
        "condition": "NEW",
        "price": {"amount": "13.90", "currency": "EUR"},
        "list_price": {"amount": "20.00", "currency": "EUR"},
        "quantity": 0,
        "handling_days": 2,
        "image_urls": [f"https://cdn.example/{name}.png" for name in ("r", "1", "2", "3")],
        "attributes": {"Colour": "Red"},
        "shipping_weight": {"value": 350, "unit": "g"},
    }
    assert rules(red) == ["feed.oversold"]
    assert "list_price" not in offer_of(blue)
    assert bowl.sku == "bowl"
    assert (offer_of(bowl)["title"], offer_of(bowl)["quantity"]) == ("Bowl", 0)
    assert rules(bowl) == ["feed.sku_derived", "feed.not_for_sale"]


@pytest.mark.parametrize("export", [OLD_SHOPIFY, NEW_SHOPIFY], ids=["old headers", "new headers"])
def test_a_failed_shopify_variant_comes_back_so_that_it_can_be_read_alone(export: str):
    feed = opened(export)
    rows = list(feed.rows)

    file = written(feed, rows[1:2])

    assert offers_of(file) == [(rows[1].sku, rows[1].offer)]
    assert offers_of(written(feed, rows)) == [(row.sku, row.offer) for row in rows]


@pytest.mark.parametrize("export", [OLD_SHOPIFY, NEW_SHOPIFY], ids=["old headers", "new headers"])
def test_shopify_is_read_on_within_a_product(export: str):
    rows = rows_of(export)

    assert [rows_of(export, position=row.after) for row in rows] == [rows[1:], rows[2:], []]


def test_a_derived_sku_is_the_same_each_time_and_never_too_long():
    header, handle = "Handle,Title,Option1 Name,Option1 Value,Variant Price\n", "cup-of-" + "tea-" * 30
    export = f"{header}{handle},Cup,Size,S/M,1\n{handle},,,L,1\n"

    small, large = (row.sku for row in rows_of(export))

    assert small is not None
    assert large is not None
    assert small != large
    assert "/" not in small
    assert max(len(small), len(large)) <= 64
    assert [row.sku for row in rows_of(export)] == [small, large]


def test_columns_that_nothing_is_made_of_are_named():
    assert list(opened(OLD_SHOPIFY).unused_columns) == ["Tags", "Published"]
    assert list(opened(NEW_SHOPIFY).unused_columns) == ["Published on online store", "Price / International"]


def test_a_price_without_currency_is_in_the_one_of_the_suppliers_country():
    swiss = rows_of(OLD_SHOPIFY, options=Options(country="CH"))
    nowhere = rows_of(OLD_SHOPIFY, options=Options())

    assert offer_of(swiss[0])["price"] == {"amount": "12.90", "currency": "CHF"}
    assert nowhere[0].is_refused
    assert "feed.price" in rules(nowhere[0])


WOO = (
    'ID,Type,SKU,"GTIN, UPC, EAN, or ISBN",Name,Published,Short description,Description,In stock?,Stock,'
    "Weight (kg),Sale price,Regular price,Categories,Images,Parent,Attribute 1 name,Attribute 1 value(s)\n"
    '44,variable,TEE,,Tee,1,Short,<b>Soft</b>,1,,0.2,,,"Clothing > Shirts, Sale",'
    '"https://w.example/1.jpg, https://w.example/2.jpg",,Size,"S, M"\n'
    "45,variation,TEE-S,9521102002035,Tee - S,1,,,1,3,,9,12.50,,,TEE,Size,S\n"
    "50,simple,,,Cap,1,A cap,,1,,,,7,Hats,https://w.example/c.jpg,,,\n"
    "46,variation,TEE-M,,Tee - M,1,,,0,,,,12.50,,https://w.example/m.jpg,id:44,Size,M\n"
    "51,grouped,SET,,Set,1,,,1,,,,,,,,,\n"
    "52,simple,OLD,,Old cap,-1,,,1,2,,,7,,,,,\n"
)


def test_a_woocommerce_variation_takes_from_its_parent_wherever_that_stands_above():
    small, cap, medium, draft = rows_of(WOO)

    assert small.sku == "TEE-S"
    assert small.offer == {
        "gtin": "9521102002035",
        "title": "Tee - S",
        "description": "Soft",
        "brand": "",
        "category": "Clothing > Shirts",
        "condition": "NEW",
        "price": {"amount": "9.00", "currency": "EUR"},
        "list_price": {"amount": "12.50", "currency": "EUR"},
        "quantity": 3,
        "handling_days": 2,
        "image_urls": ["https://w.example/1.jpg", "https://w.example/2.jpg"],
        "attributes": {"Size": "S"},
        "shipping_weight": {"value": Decimal("0.2"), "unit": "kg"},
    }
    assert offer_of(medium)["image_urls"] == ["https://w.example/m.jpg"]
    assert offer_of(medium)["quantity"] == 0
    assert (cap.sku, offer_of(cap)["quantity"]) == ("woo-50", 1)
    assert rules(cap) == ["feed.sku_derived", "feed.stock_not_counted"]
    assert (draft.number, rules(draft)) == (7, ["feed.not_for_sale"])


def test_a_variation_whose_parent_is_not_above_it_says_so():
    (row,) = rows_of("ID,Type,SKU,Name,Parent,Regular price,In stock?\n2,variation,S,Tee,P,3,0\n")

    assert (row.sku, rules(row), row.is_refused) == ("S", ["feed.parent"], False)


def test_a_failed_woocommerce_variation_comes_back_so_that_it_can_be_read_alone():
    feed = opened(WOO)
    rows = list(feed.rows)

    assert offers_of(written(feed, [rows[2]])) == [(rows[2].sku, rows[2].offer)]
    assert [rows_of(WOO, position=row.after) for row in rows] == [rows[1:], rows[2:], rows[3:], []]


GOOGLE = table(
    (
        *("id", "title", "description", "link", "image link", "additional_image_link", "availability"),
        *("price", "sale_price", "sale_price_effective_date", "brand", "gtin", "mpn", "condition"),
        *("google_product_category", "product_type", "shipping_weight", "identifier_exists", "color"),
        *("availability_date", "quantity"),
    ),
    (
        *("T-1", "Tea", "Malty &amp; strong", "https://t.example/1", "https://t.example/1.jpg"),
        *(
            "https://t.example/2,5.jpg,https://t.example/3.jpg",
            "in_stock",
            "15.00 USD",
            "12 USD",
            "",
            "North",
        ),
        *("9521101001013", "", "new", "422", "Food > Tea", "0.25 kg", "", "black", "", ""),
    ),
    (
        *(
            "T-2",
            "Pot",
            "",
            "",
            "",
            "",
            "preorder",
            "15,00 EUR",
            "12 EUR",
            "2027-01-01/2027-02-01",
            "",
            "",
            "P",
        ),
        *("", "Home > Kitchen", "", "", "no", "", "2027-03-01T08:00+0100", "7"),
    ),
    ("T-3", "Cup", "", "", "", "", "out of stock", "3 EUR", *[""] * 12, "9"),
    ("T-4", "Lid", "", "", "", "", "preorder", "3 EUR", *[""] * 12, "9"),
    ("T-5", "Jar", "", "", "", "", "maybe", "", *[""] * 13),
    delimiter="\t",
)


def test_google_merchant_tells_stock_prices_and_identifiers_in_its_own_words():
    tea, pot, cup, lid, jar = rows_of(GOOGLE)

    assert tea.offer == {
        "gtin": "9521101001013",
        "title": "Tea",
        "description": "Malty & strong",
        "brand": "North",
        "category": "Food > Tea",
        "condition": "new",
        "price": {"amount": "12.00", "currency": "USD"},
        "list_price": {"amount": "15.00", "currency": "USD"},
        "quantity": 1,
        "handling_days": 2,
        "image_urls": [f"https://t.example/{name}.jpg" for name in ("1", "2,5", "3")],
        "attributes": {"color": "black"},
        "shipping_weight": {"value": Decimal("0.25"), "unit": "kg"},
    }
    assert rules(tea) == ["feed.stock_not_counted"]
    assert offer_of(pot)["price"] == {"amount": "15.00", "currency": "EUR"}
    assert offer_of(pot)["available_from"] == "2027-03-01T08:00:00+01:00"
    assert (offer_of(pot)["quantity"], offer_of(pot)["category"]) == (7, "Home > Kitchen")
    assert "identifier_exempt_reason" in offer_of(pot)
    assert offer_of(pot)["prices"] == [
        {
            "price": {"amount": "12.00", "currency": "EUR"},
            "list_price": {"amount": "15.00", "currency": "EUR"},
            "valid_from": "2027-01-01T00:00:00+00:00",
            "valid_until": "2027-02-02T00:00:00+00:00",
        }
    ]
    assert rules(pot) == ["feed.price"]
    assert offer_of(cup)["quantity"] == 0
    assert offer_of(lid)["quantity"] == 0, "nobody says from when there are any"
    assert rules(jar) == ["feed.price_missing", "feed.availability"]
    assert jar.is_refused


def test_the_columns_of_a_failed_rows_file_are_the_feeds_own_and_the_reason():
    feed = opened(GOOGLE)
    rows = list(feed.rows)

    header, line = csv.reader(io.StringIO(written(feed, rows[4:]).decode()), delimiter="\t")

    assert header == [*feed.columns, "error"]
    assert (line[0], line[-1]) == ("T-5", "why")


@pytest.mark.parametrize("period", ["soon", "2027-01-01/later", "9999-12-31/9999-12-31"])
def test_a_sale_price_whose_period_nobody_can_read_is_left_out(period: str):
    header = "id\ttitle\tavailability\tlink\tprice\tsale_price\tsale_price_effective_date\n"

    (row,) = rows_of(f"{header}T-1\tTea\tout of stock\t\t15 EUR\t12 EUR\t{period}\n")

    assert offer_of(row)["price"] == {"amount": "15.00", "currency": "EUR"}
    assert "prices" not in offer_of(row)
    assert rules(row) == ["feed.date"]


@pytest.mark.parametrize(
    "export",
    [
        OLD_SHOPIFY,
        NEW_SHOPIFY,
        WOO,
        GOOGLE,
    ],
    ids=["old", "new", "woo", "google"],
)
def test_what_a_shop_exports_is_what_an_offer_body_may_say(export: str):
    for row in rows_of(export):
        assert row.is_refused or OfferBodySchema().load(dict(offer_of(row)))


def test_a_row_without_a_sku_names_the_column_where_it_belongs():
    (row,) = rows_of("id\ttitle\tavailability\tlink\tprice\n\tTea\tout of stock\t\t15 EUR\n")

    assert [(fault.rule, fault.column) for fault in row.faults] == [("feed.sku", "id")]


def test_our_own_dialect_says_all_that_an_offer_body_can():
    assert {"sku", *OfferBodySchema().fields} == own.FIELDS


@pytest.mark.parametrize("sample", ["north-tea.google.tsv", "harbour-ceramics.shopify.csv"])
def test_the_sample_feeds_are_offers_as_they_are(sample: str):
    rows = rows_of((SAMPLES / sample).read_bytes(), options=Options(country="DE"))

    assert len(rows) >= 10
    assert not any(row.is_refused for row in rows)
