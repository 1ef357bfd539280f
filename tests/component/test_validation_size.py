"""What moves through the workflow has a limit; a batch of the worst records must stay below it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from component.conftest import RESOURCES
from component.validating import a_supplier, an_offer, call, record_of

from chalicelib.domain.offer import Offer
from chalicelib.domain.rule_settings import AS_DELIVERED
from chalicelib.domain.rules.catalog import OFFER_CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.rules.kinds import Finding
from chalicelib.domain.supplier import Supplier
from chalicelib.services.validation_batch import MAX_FINDINGS, Batch, Case, Judged, report
from chalicelib.storage import keys

pytestmark = pytest.mark.usefixtures("aws")

NOWHERE = "http://127.0.0.1:1"
STATE_LIMIT = 262_144
EVERYTHING_WRONG: Mapping[str, Any] = {
    "gtin": "123",
    "title": "<b>" + "x" * 300,
    "description": "<b>" + "y" * 9000,
    "brand": "<i>",
    "category": "<i>",
    "condition": "odd",
    "price": {"amount": "0.00", "currency": "EUR"},
    "image_urls": [f"{NOWHERE}/{number}.png" for number in range(10)],
}


def batch_size() -> int:
    """How many records the pipe hands over at once."""
    pipe = yaml.safe_load(RESOURCES.read_text())["Resources"]["ValidationPipe"]["Properties"]
    return int(pipe["SourceParameters"]["DynamoDBStreamParameters"]["BatchSize"])


def state_of(steps: Mapping[str, Any], *records: Supplier | Offer) -> int:
    """The bytes that the workflow holds before the decision on a full batch of records like these."""
    batch = [record_of(record) for record in records]
    reports = [call(name, {"records": batch}) for name in steps]
    return len(json.dumps({"records": batch, "reports": reports}, ensure_ascii=False).encode())


def test_a_batch_of_suppliers_with_nothing_but_nameless_brands_fits() -> None:
    nameless = [{"name": " ", "owned": True}] * 90
    suppliers = [a_supplier(NOWHERE, brands=nameless, tax_id="x") for _ in range(batch_size())]

    assert state_of(SUPPLIER_CHECKS, *suppliers) < STATE_LIMIT


def test_a_batch_of_offers_with_everything_wrong_fits() -> None:
    seller = a_supplier(NOWHERE)
    skus = [f"{number:04}".rjust(64, "棚") for number in range(batch_size())]
    offers = [an_offer(seller, sku, NOWHERE, **EVERYTHING_WRONG) for sku in skus]

    assert state_of(OFFER_CHECKS, *offers) < STATE_LIMIT


def test_an_error_is_never_cut_off_behind_warnings() -> None:
    seller = a_supplier(NOWHERE)
    judged = Judged(keys.supplier(seller.supplier_id), seller.version)
    found = [Finding("host.not_checked", "/website")] * MAX_FINDINGS + [
        Finding("email.invalid", "/contact/email")
    ]

    batch = Batch({judged: Case(seller, {}, (), AS_DELIVERED)}, AS_DELIVERED)

    told = report("supplier_contact", batch, lambda _case: found)

    rules = [finding["rule"] for finding in told["judged"][0]["findings"]]
    assert rules == ["email.invalid"] + ["host.not_checked"] * (MAX_FINDINGS - 1)
