"""Records that have waited too long are touched, at growing distances."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from component.validating import a_supplier, stored_supplier

from chalicelib import clock
from chalicelib.domain.supplier import Supplier
from chalicelib.services.sweep_validations import sweep
from chalicelib.storage import suppliers
from chalicelib.storage.items import AnyItem
from chalicelib.storage.keys import supplier as key_of
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


def waiting_for(minutes: float, **fields: str) -> Supplier:
    since = clock.timestamp(clock.now() - timedelta(minutes=minutes))
    supplier = a_supplier("http://127.0.0.1:9")
    commit(suppliers.replacing(replace(supplier, updated_at=since, **fields), expected_version=1))
    return stored_supplier(supplier)


def was_touched(supplier: Supplier) -> bool:
    return AnyItem.get(*key_of(supplier.supplier_id)).touched_at is not None


@pytest.mark.parametrize(
    ("minutes", "touched"),
    [(1, False), (6, True), (12, True), (17, False), (22, True), (41, True), (70, False), (82, True)],
)
def test_a_record_is_touched_less_and_less_often(minutes: float, touched: bool) -> None:
    supplier = waiting_for(minutes)

    assert sweep() == touched
    assert was_touched(supplier) == touched
    assert stored_supplier(supplier) == supplier


def test_a_decided_record_is_left_alone() -> None:
    supplier = waiting_for(6, validation_state="DONE")

    assert sweep() == 0
    assert not was_touched(supplier)


def test_a_record_that_disappears_meanwhile_is_not_made_anew() -> None:
    supplier = waiting_for(6)
    key = key_of(supplier.supplier_id)
    events = AnyItem._get_connection().connection.client.meta.events

    def remove(**_: Any) -> None:
        AnyItem(*key).delete()

    events.register("before-call.dynamodb.UpdateItem", remove)
    try:
        assert sweep() == 0
    finally:
        events.unregister("before-call.dynamodb.UpdateItem", remove)

    assert suppliers.get(supplier.supplier_id) is None


def test_every_waiting_record_is_found_whichever_shard_it_is_in() -> None:
    waiting = [waiting_for(6) for _ in range(20)]

    assert sweep() == 20
    assert all(was_touched(supplier) for supplier in waiting)
