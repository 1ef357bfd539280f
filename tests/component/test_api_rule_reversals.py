"""One rule's corrections are undone in all the catalogue, step by step, whatever happens between steps."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from api import Reply, call
from chalice.test import Client
from component import validating
from component.stream import records_of
from component.validating import an_offer, an_open_supplier, stored_offer, stored_supplier, supplier_site

from app import app
from chalicelib.clients import queues
from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier
from chalicelib.services import react_to_changes, reverse_rule
from chalicelib.storage import offers, rule_reversals, suppliers
from chalicelib.storage.items import OfferItem
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

SPACES = "text.white_space"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


def corrected(seller: Supplier, sku: str, site: str, **sent: Any) -> Offer:
    offer = an_offer(seller, sku, site, **{"title": f" {sku}", "gtin": None, **sent})
    validating.validate(offer)
    return stored_offer(offer)


def undo(admin: str, rule: str = SPACES, **more: Any) -> Reply:
    return call("POST", f"/admin/rules/{rule}/reversals", {"reason": "Too keen."}, token=admin, **more)


def progress(admin: str, started: Reply) -> dict[str, Any]:
    reply = call("GET", started.headers["Location"].removeprefix("/v1"), token=admin)
    counted: dict[str, Any] = reply.json
    return {name: counted[name] for name in ("status", "seen", "reversed", "overtaken", "failed")}


def run(started: Reply, *, seconds: float = 60) -> int:
    """Do steps until it is over, and say how many it took."""
    steps = 0
    reversal_id = started.json["reversal_id"]
    while (found := rule_reversals.get(reversal_id)) and not found.is_over:
        reverse_rule.work(reversal_id, seconds=seconds)
        steps += 1
    return steps


def test_every_correction_of_the_rule_is_undone_and_none_of_others(admin: str, site: str) -> None:
    first, second = an_open_supplier(site), an_open_supplier(site)
    pen = corrected(first, "PEN", site, condition="brand-new")
    mug = corrected(second, "MUG", site)
    validating.validate(mug)
    clean = corrected(second, "TEA", site, title="TEA")

    started = undo(admin)
    steps = run(started)

    assert (started.status, steps) == (202, 1)
    assert progress(admin, started) == {
        "status": "COMPLETE", "seen": 5, "reversed": 2, "overtaken": 0, "failed": 0,
    }  # fmt: skip
    assert stored_offer(pen).content["title"] == " PEN"
    assert stored_offer(pen).content["condition"] == "NEW"
    assert stored_offer(mug).content["title"] == " MUG"
    assert stored_offer(clean) == clean
    for each in (pen, mug):
        validating.validate(stored_offer(each))
        assert stored_offer(each).content["title"] == f" {each.sku}"


def test_other_rules_may_correct_the_value_again(admin: str, site: str) -> None:
    offer = corrected(an_open_supplier(site), "PEN", site, title="PEN", gtin=" 4006381-333931")
    assert [each["rule"] for each in offer.corrections] == [SPACES, "gtin.separators"]

    run(undo(admin, "gtin.separators"))

    assert stored_offer(offer).content["gtin"] == "4006381-333931"
    run(undo(admin))
    assert stored_offer(offer).content["gtin"] == " 4006381-333931"


def test_what_an_administrator_corrected_further_stays_and_is_counted(admin: str, site: str) -> None:
    offer = corrected(an_open_supplier(site), "PEN", site)
    target = f"/admin/suppliers/{offer.supplier_id}/offers/PEN"
    call("PATCH", target, {"title": "Biro"}, token=admin, headers={"If-Match": "*"})

    started = undo(admin)
    run(started)

    assert stored_offer(offer).content["title"] == "Biro"
    assert progress(admin, started)["overtaken"] == 1


def test_a_step_that_died_is_done_again_and_counts_once(admin: str, site: str) -> None:
    seller = an_open_supplier(site)
    skus = [corrected(seller, f"P{number}", site) for number in range(5)]
    started = undo(admin)
    reversal_id = started.json["reversal_id"]

    reverse_rule.work(reversal_id, seconds=0)
    before = rule_reversals.get(reversal_id)
    assert before
    reverse_rule.work(reversal_id, seconds=0)
    # It is as if the second step had undone a page, and died before it could say so.
    now = rule_reversals.get(reversal_id)
    assert now
    commit(rule_reversals.replacing(before, expected_version=now.version))
    run(started, seconds=0)

    assert progress(admin, started) == {
        "status": "COMPLETE", "seen": 6, "reversed": 5, "overtaken": 0, "failed": 0,
    }  # fmt: skip
    assert {stored_offer(each).content["title"] for each in skus} == {f" P{number}" for number in range(5)}


def test_a_supplier_that_moves_meanwhile_is_not_missed(admin: str, site: str) -> None:
    early, late = an_open_supplier(site), an_open_supplier(site)
    pen, mug = corrected(early, "PEN", site), corrected(late, "MUG", site)
    started = undo(admin)
    reversal_id = started.json["reversal_id"]
    reverse_rule.work(reversal_id, seconds=0)
    for each in (early, late):
        supplier = stored_supplier(each)
        moved = replace(supplier, status="SUSPENDED", suspension_type="MANUAL")
        commit(suppliers.replacing(moved, expected_version=supplier.version))

    run(started, seconds=0)

    assert [stored_offer(each).content["title"] for each in (pen, mug)] == [" PEN", " MUG"]
    assert progress(admin, started)["seen"] == 4


def test_a_record_that_cannot_be_handled_stops_nothing_behind_it(admin: str, site: str) -> None:
    seller = an_open_supplier(site)
    poison, other = corrected(seller, "A", site), corrected(seller, "B", site)
    broken = [{**poison.corrections[0], "after": {}, "field": 7}]
    OfferItem(f"SUPPLIER#{seller.supplier_id}", "OFFER#A").update([OfferItem.corrections.set(broken)])

    started = undo(admin)
    run(started)

    assert progress(admin, started)["failed"] == 1
    assert stored_offer(other).content["title"] == " B"


def test_a_withdrawn_offer_stays_withdrawn(admin: str, site: str) -> None:
    offer = corrected(an_open_supplier(site), "PEN", site)
    commit(offers.replacing(replace(offer, withdrawn=True), expected_version=offer.version))

    run(undo(admin))

    assert stored_offer(offer).withdrawn
    assert stored_offer(offer).content == offer.content


def test_each_step_has_the_next_ones_message_sent_until_it_is_over(
    admin: str, site: str, drain: Callable[[], list[dict[str, Any]]]
) -> None:
    corrected(an_open_supplier(site), "PEN", site)
    told = records_of(lambda: undo(admin))
    react_to_changes.react(told)
    react_to_changes.react(told)  # the stream delivers at least once
    messages = drain()
    reversal_id = messages[0]["reversal_id"]
    assert [each["reversal_id"] for each in messages] == [reversal_id] * 2

    react_to_changes.react(records_of(lambda: reverse_rule.work(reversal_id, seconds=0)))
    assert len(drain()) == 1

    with Client(app) as client:
        for message in messages:
            event = client.events.generate_sqs_event([json.dumps(message)], queue_name="reversal")
            react_to_changes.react(
                records_of(lambda event=event: client.lambda_.invoke("on_reversal", event))
            )  # type: ignore[misc]
    found = rule_reversals.get(reversal_id)
    assert found
    assert found.is_over
    assert drain() == []


@pytest.fixture
def drain(aws: None) -> Callable[[], list[dict[str, Any]]]:
    """Gives the messages of the queue since the last call."""
    url = os.environ["REVERSAL_QUEUE_URL"]

    def taken() -> list[dict[str, Any]]:
        messages = queues.receive(url, limit=100, visibility_seconds=60)
        for message in messages:
            queues.delete(url, message)
        return [json.loads(message.body) for message in messages]

    return taken


def test_it_is_started_once_under_one_key_and_listed(admin: str) -> None:
    key = {"Idempotency-Key": "once"}
    first, second = undo(admin, headers=key), undo(admin, headers=key)
    third = undo(admin)

    assert first.json["reversal_id"] == second.json["reversal_id"] != third.json["reversal_id"]
    page = call("GET", f"/admin/rules/{SPACES}/reversals", token=admin).json
    assert {each["reversal_id"] for each in page["items"]} == {
        first.json["reversal_id"],
        third.json["reversal_id"],
    }


def test_only_rules_that_correct_can_be_undone(admin: str) -> None:
    assert undo(admin, "content.missing").status == 404
    assert undo(admin, "none").status == 404
    started = undo(admin).json["reversal_id"]
    assert call("GET", f"/admin/rules/gtin.upc_e/reversals/{started}", token=admin).status == 404
