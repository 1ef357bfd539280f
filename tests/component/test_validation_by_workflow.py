"""The state machine of stepfunctions/, as it is, with the real functions on the real table (moto)."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from component.asl import Machine, machine
from component.validating import (
    HANDLERS,
    a_supplier,
    an_offer,
    an_open_supplier,
    call,
    record_of,
    rules_of,
    stored_offer,
    stored_supplier,
    supplier_site,
)

from chalicelib.storage import keys
from chalicelib.storage.items import Item

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with supplier_site() as url:
        yield url


@pytest.fixture
def workflow(aws: None) -> Iterator[Machine]:
    with machine({name: partial(call, name) for name in HANDLERS}) as running:
        yield running


def stream_record(key: keys.Key) -> dict[str, Any]:
    """What the table's stream says of an item, as it arrives where no input template is applied."""
    image = Item.get(*key).to_dynamodb_dict()
    return {
        "eventName": "INSERT",
        "dynamodb": {"Keys": {"PK": image["PK"], "SK": image["SK"]}, "NewImage": image},
    }


def test_one_execution_decides_a_mixed_batch(workflow: Machine, site: str) -> None:
    seller = an_open_supplier(site)
    clean, doubtful = a_supplier(site), a_supplier(site, tax_id="DE136695977", brands=[])
    pen, mug = an_offer(seller, "PEN", site), an_offer(seller, "MUG", site, gtin="12345")

    execution = workflow.run([record_of(each) for each in (clean, doubtful, pen, mug)])

    assert (execution.status, execution.dead_letters) == ("SUCCEEDED", [])
    assert stored_supplier(clean).status == "OPEN"
    assert stored_supplier(doubtful).status == "PENDING_APPROVAL"
    assert stored_offer(pen).acceptance == "ACCEPTED"
    assert rules_of(stored_offer(mug)) == {"gtin.length"}


def test_whole_stream_records_are_understood_too(workflow: Machine, site: str) -> None:
    supplier = a_supplier(site)

    execution = workflow.run([stream_record(keys.supplier(supplier.supplier_id))])

    assert execution.status == "SUCCEEDED"
    assert stored_supplier(supplier).status == "OPEN"


def test_the_same_batch_twice_changes_nothing_the_second_time(workflow: Machine, site: str) -> None:
    offer = an_offer(an_open_supplier(site), "PEN", site)
    batch = [record_of(offer)]

    workflow.run(batch)
    first = stored_offer(offer)
    execution = workflow.run(batch)

    assert execution.status == "SUCCEEDED"
    assert stored_offer(offer) == first


def test_a_poisonous_record_is_set_aside_and_the_others_are_decided(workflow: Machine, site: str) -> None:
    seller = an_open_supplier(site)
    poison, other = an_offer(seller, "A", site, image_urls=7), an_offer(seller, "B", site)

    execution = workflow.run([record_of(poison), record_of(other)])

    assert execution.status == "FAILED"
    assert [letter["error"] for letter in execution.dead_letters] == ["IncompleteReports"]
    assert record_of(poison) in execution.dead_letters[0]["records"]
    assert stored_offer(other).acceptance == "ACCEPTED"
    assert stored_offer(poison).validation_state == "PENDING"


@pytest.mark.usefixtures("serialised")
@pytest.mark.parametrize("size", [1, 10])
def test_a_batch_costs_one_call_of_each_function_whatever_its_size(aws: None, site: str, size: int) -> None:
    calls: Counter[str] = Counter()

    def counted(name: str, event: dict[str, Any]) -> Any:
        calls[name] += 1
        return call(name, event)

    seller = an_open_supplier(site)
    supplier = a_supplier(site, brands=[])
    offers = [an_offer(seller, f"P{number}", site, gtin=None) for number in range(size)]
    with machine({name: partial(counted, name) for name in HANDLERS}) as running:
        execution = running.run([record_of(each) for each in (supplier, *offers)])

    assert execution.status == "SUCCEEDED"
    assert stored_supplier(supplier).validation_state == "DONE"
    assert all(stored_offer(each).validation_state == "DONE" for each in offers)
    assert calls == dict.fromkeys(HANDLERS, 1)
