"""Exports of shops, sent as they are: from the file to what is on sale, with nothing set up in between."""

import os
from pathlib import Path

import pytest
from importing import Seller, a_seller

pytestmark = pytest.mark.usefixtures("aws")

SAMPLES = Path(__file__).parents[2] / "examples/sample_data"
DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data"))


@pytest.fixture
def seller(aws: None) -> Seller:
    return a_seller()


@pytest.mark.parametrize(
    ("sample", "rows", "sku", "price"),
    [
        ("north-tea.google.tsv", 12, "TEA-CEYLON-250", "6.90"),
        ("harbour-ceramics.shopify.csv", 10, "BOWL-SERVE-L", "39.00"),
    ],
)
def test_an_export_becomes_offers_without_a_line_of_configuration(
    seller: Seller, sample: str, rows: int, sku: str, price: str
):
    export = (SAMPLES / sample).read_text().replace("{supplier_url}", "https://pictures.example")

    import_ = seller.imported(export.encode(), "text/csv")

    issues = [each for each in seller.issues(import_["import_id"]) if each["severity"] == "ERROR"]
    assert (import_["lines_in_success"], import_["lines_in_error"], issues) == (rows, 0, [])
    offer = seller.offer(sku)
    assert offer["active"]
    assert offer["price"] == {"amount": price, "currency": "EUR"}


@pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")
def test_a_real_shops_products_without_gtin_wait_for_a_person_and_none_is_lost(seller: Seller):
    export = (DATA / "shopify-packt/Product-data.csv").read_bytes()

    import_ = seller.imported(export, "text/csv")

    issues = [each for each in seller.issues(import_["import_id"]) if each["severity"] == "ERROR"]
    assert (import_["lines_read"], import_["lines_in_error"], import_["lines_in_pending"]) == (21, 0, 21)
    assert {each["field"] for each in issues} == {"/gtin"}
    assert seller.offer("floor-lamp")["price"] == {"amount": "69.99", "currency": "EUR"}
