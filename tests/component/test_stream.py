import json
import os
from dataclasses import replace
from typing import Any

import boto3
import pytest
from chalice.test import Client
from component.conftest import Heard, taken
from marketplace import a_line, a_product, a_supplier, an_offer, place
from stream import everything, records_of

from app import app
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.review import Review
from chalicelib.services import (
    accept_order,
    notify_review,
    publish_events,
    react_to_changes,
    reallocate_order,
    ship_order,
)
from chalicelib.services.notify_review import UnknownReview
from chalicelib.storage import keys, offer_terms, products, reviews, suppliers, validations
from chalicelib.storage.items import Item
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

NOW = "2026-11-23T09:00:00.000Z"


def queued(variable: str) -> list[dict[str, Any]]:
    return [json.loads(body) for body in taken(os.environ[variable])]


def kinds(details: list[dict[str, Any]]) -> list[str]:
    return sorted(detail["type"] for detail in details)


def a_review(review_id: str = "rev_1") -> Review:
    review = Review(review_id, "SUPPLIER", "sup_1", 1, correlation_id="cor-1", created_at=NOW, updated_at=NOW)
    commit(reviews.adding(review))
    return review


def test_each_planned_attempt_is_sent_for_and_the_order_announced(
    heard: Heard,
) -> None:
    tea, pot = an_offer(a_supplier(), "TEA"), an_offer(a_supplier(), "POT")
    placed = {}

    records = records_of(lambda: placed.update(place(a_line(tea), a_line(pot)).answer["order"]))
    react_to_changes.react(records)

    messages = queued("DISPATCH_QUEUE_URL")
    parts = placed["supplier_orders"]
    assert sorted(message["supplier_order_id"] for message in messages) == [
        part["supplier_order_id"] for part in parts
    ]
    assert {message["supplier_id"] for message in messages} == {part["supplier_id"] for part in parts}
    events = heard()
    assert kinds(events) == ["order.placed", *["supplier_order.placed"] * 2]
    assert {event["data"]["order_id"] for event in events} == {placed["order_id"]}


def test_each_step_of_a_line_is_announced(heard: Heard) -> None:
    supplier = a_supplier()
    tea, pot = an_offer(supplier, "TEA"), an_offer(supplier, "POT")
    order = place(a_line(tea), a_line(pot)).answer["order"]
    part, line = order["supplier_orders"][0]["supplier_order_id"], order["lines"][0]["line_id"]
    answer = {
        "attempt_id": part.replace("so_", "att_"),
        "lines": [{"line_id": line, "code": "ACCEPTED", "quantity": 1}],
    }
    shipment = {"carrier": "Post", "lines": [{"line_id": line, "quantity": 1}]}

    react_to_changes.react(records_of(lambda: accept_order.accept(supplier, part, answer)))
    accepted = heard()
    react_to_changes.react(
        records_of(lambda: ship_order.ship(supplier, part, shipment, idempotency_key=None))
    )

    assert kinds(accepted) == ["order.line_accepted", "supplier_order.accepted"]
    assert {event["data"].get("code") for event in accepted} == {"ACCEPTED", None}
    assert kinds(heard()) == ["order.line_shipped"]
    assert queued("DISPATCH_QUEUE_URL") == []


def test_events_hold_ids_and_codes_only(heard: Heard) -> None:
    place(a_line(an_offer(a_supplier())))
    react_to_changes.react(everything())

    text = json.dumps(heard())
    assert "order.placed" in text
    assert not [
        word for word in ("Ada", "Quiet", "Ghent", "buyer.example", "Title of", "pay-1") if word in text
    ]


def test_the_same_records_again_tell_the_same_events(heard: Heard) -> None:
    place(a_line(an_offer(a_supplier())))
    records = everything()

    react_to_changes.react(records)
    first = heard()
    react_to_changes.react(records)

    by_id = {event["event_id"]: event for event in first}
    assert len(by_id) == len(first)
    assert {event["event_id"]: event for event in heard()} == by_id


def test_a_supplier_that_opens_is_announced_once(heard: Heard) -> None:
    supplier_id = a_supplier(status="ONBOARDING")
    supplier = suppliers.get(supplier_id)
    assert supplier is not None

    def opening() -> None:
        commit(suppliers.replacing(replace(supplier, status="OPEN", updated_at=NOW), expected_version=1))

    def naming() -> None:
        commit(suppliers.replacing(replace(supplier, status="OPEN", issues=({},)), expected_version=2))

    react_to_changes.react(everything())
    react_to_changes.react(records_of(opening))
    react_to_changes.react(records_of(naming))

    assert kinds(heard()) == ["supplier.opened", "supplier.registered"]


def test_an_offer_that_goes_on_sale_is_announced_and_shown(heard: Heard) -> None:
    offer = an_offer(a_supplier(), blocks=("PRODUCT_STATUS_NEW",))
    a_product("prd_A", offer)
    react_to_changes.react(everything())
    assert view("prd_A") == []
    heard()

    def accepting() -> None:
        terms = offer_terms.get_many([offer])[offer]
        commit(offer_terms.changing(replace(terms, blocks=()), now=NOW))

    react_to_changes.react(records_of(accepting))

    assert [shown["offer_id"] for shown in view("prd_A")] == [offer]
    assert kinds(heard()) == ["offer.activated"]


def view(product_id: str) -> list[dict[str, Any]]:
    product = products.get(product_id)
    assert product is not None
    return [dict(shown) for shown in product.offers_view]


def test_a_product_shows_its_offers_ranked_with_the_reason() -> None:
    dear = an_offer(a_supplier(), price="6.00")
    cheap = an_offer(a_supplier(), price="5.00", handling_days=3)
    quick = an_offer(a_supplier(), price="5.00", handling_days=1)
    gone = an_offer(a_supplier(), price="1.00", stock=0)
    a_product("prd_A", dear, cheap, quick, gone)

    react_to_changes.react(everything())

    assert [(shown["offer_id"], shown["featured"], shown["rank_reason"]) for shown in view("prd_A")] == [
        (quick, True, "FASTEST_HANDLING"),
        (cheap, False, "SLOWER_HANDLING"),
        (dear, False, "HIGHER_PRICE"),
    ]


def test_a_product_follows_its_stock_and_is_written_once_a_batch() -> None:
    tea = an_offer(a_supplier(), stock=3)
    other = an_offer(a_supplier(), stock=3)
    a_product("prd_A", tea, other)
    react_to_changes.react(everything())

    react_to_changes.react(records_of(lambda: place(a_line(tea, 2), a_line(other, 3))))

    assert [(shown["offer_id"], shown["available"]) for shown in view("prd_A")] == [(tea, 1)]
    product = products.get("prd_A")
    assert product is not None
    assert product.view_version == 2


def test_what_a_product_does_not_show_rewrites_nothing() -> None:
    offer = an_offer(a_supplier())
    a_product("prd_A", offer)
    react_to_changes.react(everything())
    commit(
        offer_terms.reserving(
            offer, quantity=1, price=offer_terms.get_many([offer])[offer].price, now=NOW, correlation_id=""
        )
    )  # type: ignore[arg-type]
    react_to_changes.react(everything())

    def selling() -> None:
        commit(offer_terms.settling(offer, accepted=1, released=0, now=NOW, correlation_id=""))

    records = records_of(selling)
    before = products.get("prd_A")
    react_to_changes.react(records)

    assert products.get("prd_A") == before


def test_a_product_is_read_again_only_where_it_was_not_written_with_its_terms() -> None:
    offer = an_offer(a_supplier(), stock=3)
    a_product("prd_A", offer)
    react_to_changes.react(everything())
    whole = everything()
    commit(offer_terms.setting_stock(offer, quantity=1, as_of="2999", now=NOW, correlation_id=""))

    asked: list[bytes] = []
    events = Item._get_connection().connection.client.meta.events

    def note(params: dict[str, Any], **_: Any) -> None:
        asked.append(params["body"])

    events.register("before-call.dynamodb.BatchGetItem", note)
    try:
        react_to_changes.react(whole)
        assert not any(b"PRODUCT#prd_A" in body for body in asked)
        react_to_changes.react(everything())
        assert any(b"PRODUCT#prd_A" in body for body in asked)
    finally:
        events.unregister("before-call.dynamodb.BatchGetItem", note)
    assert [shown["available"] for shown in view("prd_A")] == [1]


def test_a_review_queue_that_fails_keeps_its_cases_as_dead_letters_and_nothing_else(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(a_line(an_offer(a_supplier())))
    a_review()
    monkeypatch.setenv("REVIEW_QUEUE_URL", os.environ["REVIEW_QUEUE_URL"] + "-gone")

    react_to_changes.react(everything())

    letters = queued("STREAM_DEAD_LETTERS_URL")
    assert [letter["records"] for letter in letters] == [[{"pk": "REVIEW#rev_1", "sk": "REVIEW"}]]
    assert len(queued("DISPATCH_QUEUE_URL")) == 1
    assert "order.placed" in kinds(heard())


def test_a_case_is_queued_and_announced_once(heard: Heard) -> None:
    react_to_changes.react(records_of(a_review))
    messages = queued("REVIEW_QUEUE_URL")
    assert messages == [{"review_id": "rev_1", "correlation_id": "cor-1"}]

    notify_review.notify("rev_1")
    notify_review.notify("rev_1")

    events = heard()
    assert [(event["type"], event["data"]["review_id"], event["correlation_id"]) for event in events] == [
        ("review.opened", "rev_1", "cor-1")
    ]
    stored = reviews.get("rev_1")
    assert stored is not None
    assert stored.notified_at is not None
    assert stored.version == 1


def test_noting_a_case_queues_it_no_second_time() -> None:
    a_review()

    react_to_changes.react(records_of(lambda: notify_review.notify("rev_1")))

    assert queued("REVIEW_QUEUE_URL") == []


def test_a_message_about_no_case_is_for_the_dead_letters() -> None:
    with pytest.raises(UnknownReview):
        notify_review.notify("rev_none")


def test_a_poison_record_stops_nothing_behind_it_and_is_kept(
    heard: Heard,
) -> None:
    place(a_line(an_offer(a_supplier())))
    good = everything()
    part = next(record for record in good if record["dynamodb"]["Keys"]["SK"]["S"] == "SO#1")
    image = {**part["dynamodb"]["NewImage"], "lines": {"S": "not json"}}
    poison = {**part, "eventID": "poison", "dynamodb": {**part["dynamodb"], "NewImage": image}}

    react_to_changes.react([poison, {"eventID": "hollow"}, *good])

    assert len(queued("DISPATCH_QUEUE_URL")) == 1
    assert "order.placed" in kinds(heard())
    letters = {letter["event_id"]: letter for letter in queued("STREAM_DEAD_LETTERS_URL")}
    assert letters["poison"]["records"] == [{"pk": part["dynamodb"]["Keys"]["PK"]["S"], "sk": "SO#1"}]
    assert letters["poison"]["error"] == "JSONDecodeError"
    assert letters["hollow"] == {"event_id": "hollow", "records": [], "error": "KeyError"}


def test_a_touched_order_is_sent_for_and_announced_anew(heard: Heard) -> None:
    order = place(a_line(an_offer(a_supplier()))).answer["order"]
    react_to_changes.react(everything())
    queued("DISPATCH_QUEUE_URL")
    first = {event["event_id"] for event in heard()}

    def touching() -> None:
        for key in (keys.supplier_order(order["order_id"], 1), keys.order(order["order_id"])):
            commit(validations.touching(key, now=NOW))

    react_to_changes.react(records_of(touching))

    assert len(queued("DISPATCH_QUEUE_URL")) == 1
    again = heard()
    assert kinds(again) == ["order.placed", "supplier_order.placed"]
    assert {event["event_id"] for event in again} <= first


def test_events_that_the_bus_keeps_refusing_bury_their_records(monkeypatch: pytest.MonkeyPatch) -> None:
    place(a_line(an_offer(a_supplier())))
    records = everything()
    monkeypatch.setenv("EVENT_BUS_NAME", "no-such-bus")

    react_to_changes.react(records)

    letters = queued("STREAM_DEAD_LETTERS_URL")
    assert "ORDER" in {letter["records"][0]["sk"] for letter in letters}
    assert len(queued("DISPATCH_QUEUE_URL")) == 1


def test_more_events_than_one_call_takes_all_arrive(heard: Heard) -> None:
    told = [
        Announcement("supplier.registered", f"sup_{n}@1", NOW, {"supplier_id": f"sup_{n}"}) for n in range(23)
    ]

    publish_events.publish([(each, "cor-1") for each in told])

    assert {event["data"]["supplier_id"] for event in heard()} == {f"sup_{n}" for n in range(23)}


def test_removals_and_unknown_kinds_cause_nothing(heard: Heard) -> None:
    a_product("prd_A")

    def removing() -> None:
        key = {"PK": {"S": "PRODUCT#prd_A"}, "SK": {"S": "PRODUCT"}}
        boto3.client("dynamodb").delete_item(TableName="marketplace-test", Key=key)

    records = [*everything(), *records_of(removing)]
    react_to_changes.react(records)

    assert [record["eventName"] for record in records] == ["INSERT", "REMOVE"]
    assert heard() == []
    assert queued("STREAM_DEAD_LETTERS_URL") == []


def test_the_handlers_take_the_events_that_lambda_gives_them(
    heard: Heard,
) -> None:
    a_review()
    with Client(app) as client:
        client.lambda_.invoke("on_change", {"Records": everything()})
        message = queued("REVIEW_QUEUE_URL")[0]
        client.lambda_.invoke("on_review", client.events.generate_sqs_event([json.dumps(message)]))
        client.lambda_.invoke("sweep_validations", client.events.generate_cw_event("", "", {}, []))

    assert kinds(heard()) == ["review.opened"]


def test_a_line_that_moves_is_told_with_both_suppliers_and_not_as_refused(heard: Heard) -> None:
    first, second = a_supplier(), a_supplier()
    tea, other = an_offer(first, "TEA", product_id="prd_A"), an_offer(second, "OTHER", product_id="prd_A")
    a_product("prd_A", tea, other)
    react_to_changes.react(everything())
    order = place(a_line(tea)).answer["order"]
    line, part = order["lines"][0]["line_id"], order["supplier_orders"][0]["supplier_order_id"]
    answer = {
        "attempt_id": part.replace("so_", "att_"),
        "lines": [{"line_id": line, "code": "OUT_OF_STOCK"}],
    }
    refused = records_of(lambda: accept_order.accept(first, part, answer))
    moved = records_of(lambda: reallocate_order.reallocate(order["order_id"]))
    heard()

    react_to_changes.react(refused)
    told_first = kinds(heard())
    react_to_changes.react(moved)

    assert told_first == ["supplier_order.rejected"]
    told = {event["type"]: event["data"] for event in heard()}
    about = told["order.line_reallocated"]
    assert (about["old"]["supplier_id"], about["new"]["supplier_id"]) == (first, second)
    assert about["line_id"] == line
    assert told["supplier_order.placed"]["supplier_id"] == second
    assert "order.line_refused" not in told
