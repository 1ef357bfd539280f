from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import Desk
from validating import (
    an_offer,
    an_open_supplier,
    stored_offer,
    supplier_site,
    validate,
)

from chalicelib import clock
from chalicelib.storage import reviews
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


def test_the_share_of_records_that_need_a_person_is_counted(desk: Desk, site: str) -> None:
    supplier = an_open_supplier(site)
    validate(
        an_offer(supplier, "CLEAN", site, gtin="4006381333931"),
        an_offer(supplier, "CORRECTED", site, gtin="4006381333948", condition="Brand new"),
        an_offer(supplier, "TAGS", site, gtin="4006381333955", title="<b>Pen</b>"),
        an_offer(supplier, "TAGS-AND-PRICE", site, gtin="4006381333962", title="<b>Pen</b>", category=""),
    )

    told = desk.send("GET", "/admin/metrics").json["validations"]

    of_offers = {
        "validated": 4,
        "accepted": 1,
        "corrected": 1,
        "to_supplier": 0,
        "to_review": 2,
        "review_share": 0.5,
    }
    totals = {each.pop("kind"): each for each in told["totals"]}
    assert totals["OFFER"] == of_offers
    assert totals["SUPPLIER"]["validated"] == 1
    assert {"day": clock.timestamp()[:10], "kind": "OFFER", **of_offers} in told["by_day"]
    assert told["rules"] == [
        {"rule": "content.markup", "kind": "OFFER", "to_review": 2},
        {"rule": "content.missing", "kind": "OFFER", "to_review": 1},
    ]


def test_a_batch_that_comes_twice_is_counted_once(desk: Desk, site: str) -> None:
    offer = an_offer(an_open_supplier(site), "PEN-1", site)

    validate(offer)
    validate(offer)

    assert totals(desk)["OFFER"] == 1


def test_batches_of_the_same_day_add_up_and_old_days_fall_out(desk: Desk, site: str) -> None:
    supplier = an_open_supplier(site)
    for sku in ("A", "B"):
        validate(an_offer(supplier, sku, site, gtin=None, identifier_exempt_reason="Made by hand"))
    (counted,) = [item for item in Item.scan() if item.sk == "VALIDATIONS#OFFER"]
    assert totals(desk)["OFFER"] == 2

    counted.delete()
    counted.pk = f"METRICS#{clock.timestamp(clock.now() - timedelta(days=30))[:10]}"
    counted.save()

    assert totals(desk)["OFFER"] == 0


def test_a_decision_stands_where_it_could_not_be_counted(
    desk: Desk, site: str, caplog: pytest.LogCaptureFixture
) -> None:
    offer = an_offer(an_open_supplier(site), "PEN-1", site)
    events = Item._get_connection().connection.client.meta.events

    def break_counting(params: dict[str, object], **_: object) -> None:
        assert "METRICS#" not in str(params)

    events.register("before-call.dynamodb.UpdateItem", break_counting)
    try:
        validate(offer)
    finally:
        events.unregister("before-call.dynamodb.UpdateItem", break_counting)

    assert stored_offer(offer).acceptance == "ACCEPTED"
    assert "COUNTS_LOST" in caplog.messages


def test_what_waits_is_counted_with_its_oldest(desk: Desk) -> None:
    _, first = desk.supplier_in_review()
    _, second = desk.supplier_in_review("DE129273398")
    _, resolved = desk.supplier_in_review("DE811907980")
    desk.send("POST", f"/admin/reviews/{second}/claim")
    desk.decide(resolved, "REJECTED")
    review = reviews.get(first)
    assert review
    opened = clock.timestamp(clock.now() - timedelta(hours=2))
    commit(reviews.replacing(replace(review, created_at=opened), expected_version=1))

    waiting = desk.send("GET", "/admin/metrics").json["reviews"]

    assert (waiting["open"]["count"], waiting["claimed"]["count"], waiting["more"]) == (1, 1, False)
    assert waiting["open"]["oldest_at"] == opened
    assert 7200 <= waiting["open"]["oldest_seconds"] < 7260
    assert waiting["claimed"]["oldest_seconds"] < 60


def test_without_records_there_is_no_share(desk: Desk) -> None:
    told = desk.send("GET", "/admin/metrics").json

    assert [each["review_share"] for each in told["validations"]["totals"]] == [None, None]
    assert told["reviews"]["open"] == {"count": 0, "oldest_at": None, "oldest_seconds": None}


def totals(desk: Desk) -> dict[str, int]:
    told = desk.send("GET", "/admin/metrics").json["validations"]["totals"]
    return {each["kind"]: each["validated"] for each in told}
