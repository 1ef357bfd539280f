import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from marketplace import SHIP_TO, a_line, a_supplier, an_offer, place, stock_of

from chalicelib import clock, telemetry
from chalicelib.domain import acceptance
from chalicelib.problems import BadRequest, NotFound, Problem
from chalicelib.services import accept_order, read_order, reallocate_order, ship_order
from chalicelib.storage import supplier_orders
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")


class Ordered:
    """An order of two lines of one supplier: two teas, three pots."""

    def __init__(self, key: str = "key-1", **fields: Any) -> None:
        self.supplier_id = a_supplier()
        self.tea, self.pot = an_offer(self.supplier_id, "TEA"), an_offer(self.supplier_id, "POT")
        self.order = place(a_line(self.tea, 2), a_line(self.pot, 3), key=key, **fields).answer["order"]
        self.part_id = self.order["supplier_orders"][0]["supplier_order_id"]
        self.tea_line, self.pot_line = (line["line_id"] for line in self.order["lines"])

    def answer(self, *lines: tuple[str, str, int], **fields: Any) -> dict[str, Any]:
        attempt_id = self.part_id.replace("so_", "att_")
        said = [{"line_id": line, "code": code, "quantity": quantity} for line, code, quantity in lines]
        body = {"attempt_id": attempt_id, "lines": said, **fields}
        return accept_order.accept(self.supplier_id, self.part_id, body)

    def accept_all(self) -> dict[str, Any]:
        return self.answer((self.tea_line, "ACCEPTED", 2), (self.pot_line, "ACCEPTED", 3))

    def ship(self, *lines: tuple[str, int], key: str | None = None, **fields: Any) -> Any:
        said = [{"line_id": line, "quantity": quantity} for line, quantity in lines]
        body = {"carrier": "Post", "tracking_number": "T1", "lines": said, **fields}
        return ship_order.ship(self.supplier_id, self.part_id, body, idempotency_key=key)

    def read(self, *, is_admin: bool = False) -> dict[str, Any]:
        return read_order.read_order(self.order["order_id"], is_admin=is_admin)

    def part(self, **options: Any) -> dict[str, Any]:
        return read_order.read_supplier_order(self.supplier_id, self.part_id, **options)

    @property
    def statuses(self) -> list[str]:
        return [line["status"] for line in self.read()["lines"]]


def refusal_of(work: Any) -> tuple[int, str, list[tuple[str, str]]]:
    with pytest.raises(Problem) as caught:
        work()
    problem = caught.value
    return problem.status, problem.code, [(error.pointer, error.code) for error in problem.errors]


def test_an_answer_by_itself_settles_each_line() -> None:
    ordered = Ordered()

    told = ordered.answer(
        (ordered.tea_line, "ACCEPTED", 2), (ordered.pot_line, "OUT_OF_STOCK", 0), supplier_reference="R-1"
    )

    assert told == ordered.part()
    assert told["supplier_reference"] == "R-1"
    assert ordered.statuses == ["SHIPPING", "WAITING_ACCEPTANCE"]
    reallocate_order.reallocate(ordered.order["order_id"])
    assert ordered.statuses == ["SHIPPING", "REFUSED"]
    assert (stock_of(ordered.tea), stock_of(ordered.pot)) == ((8, 0, 2), (10, 0, 0))


def test_the_same_answer_again_changes_nothing() -> None:
    ordered = Ordered()

    assert ordered.accept_all() == ordered.accept_all()
    assert stock_of(ordered.tea) == (8, 0, 2)
    assert ordered.part()["version"] == 2


def test_another_answer_than_the_first_is_refused() -> None:
    ordered = Ordered()
    ordered.accept_all()

    assert refusal_of(lambda: ordered.answer((ordered.tea_line, "ACCEPTED", 2)))[:2] == (
        409,
        "ATTEMPT_ANSWERED",
    )
    assert ordered.statuses == ["SHIPPING", "SHIPPING"]


def test_an_answer_that_does_not_fit_is_refused_with_every_fault() -> None:
    ordered = Ordered()

    assert refusal_of(
        lambda: ordered.answer(
            (ordered.tea_line, "ACCEPTED", 3), ("lin_x_9", "ACCEPTED", 1), (ordered.tea_line, "ACCEPTED", 1)
        )
    ) == (
        422,
        "INVALID_BODY",
        [
            ("/lines/0/quantity", "QUANTITY_TOO_HIGH"),
            ("/lines/1/line_id", "UNKNOWN_LINE"),
            ("/lines/2/line_id", "DUPLICATE_LINE"),
        ],
    )
    assert ordered.statuses == ["WAITING_ACCEPTANCE"] * 2


def test_an_answer_that_comes_too_late_is_refused() -> None:
    ordered = Ordered()
    part = supplier_orders.get(ordered.part_id)
    assert part is not None
    expired = acceptance.give_up(part, status="EXPIRED", reason="ANSWER_LATER", now=clock.timestamp())
    commit(supplier_orders.replacing(expired.supplier_order, expected_version=1))

    assert refusal_of(ordered.accept_all)[:2] == (409, "ATTEMPT_ENDED")


def test_an_answer_after_the_deadline_is_refused_before_anyone_has_swept() -> None:
    ordered = Ordered()
    part = supplier_orders.get(ordered.part_id)
    assert part is not None

    commit(supplier_orders.replacing(replace(part, accept_by="2026-01-01T00:00:00.000Z"), expected_version=1))

    assert refusal_of(ordered.accept_all)[:2] == (409, "ATTEMPT_ENDED")


def test_nobody_answers_for_another_supplier_or_another_attempt() -> None:
    ordered, other = Ordered(), Ordered("key-2")
    line = {"line_id": ordered.tea_line, "code": "ACCEPTED", "quantity": 2}
    attempt = ordered.part_id.replace("so_", "att_")

    for supplier, part, attempt_id in [
        (other.supplier_id, ordered.part_id, attempt),
        (ordered.supplier_id, ordered.part_id, attempt + "0"),
        (ordered.supplier_id, "so_nothing_1", attempt),
        (ordered.supplier_id, "nonsense", attempt),
        (ordered.supplier_id, ordered.part_id.replace("_1", "_01"), attempt),
        (ordered.supplier_id, ordered.part_id.replace("so_", "os_"), attempt),
        (ordered.supplier_id, f"so_{'x' * 3000}_1", attempt),
        (ordered.supplier_id, f"so_x_{'9' * 5000}", attempt),
    ]:
        with pytest.raises(NotFound):
            accept_order.accept(supplier, part, {"attempt_id": attempt_id, "lines": [line]})
    assert ordered.statuses == ["WAITING_ACCEPTANCE"] * 2


def test_a_line_is_shipped_when_all_that_was_accepted_has_left() -> None:
    ordered = Ordered()
    ordered.answer((ordered.tea_line, "ACCEPTED", 2), (ordered.pot_line, "ACCEPTED", 1))

    ordered.ship((ordered.tea_line, 1))
    assert ordered.statuses == ["SHIPPING", "SHIPPING"]
    outcome = ordered.ship((ordered.tea_line, 1), (ordered.pot_line, 1), tracking_url="https://t.example/1")

    order = ordered.read()
    assert order["status"] == order["supplier_orders"][0]["status"] == "SHIPPED"
    assert order["shipments"][1] == outcome.answer
    assert outcome.answer["tracking_url"] == "https://t.example/1"
    assert stock_of(ordered.pot) == (9, 0, 1)


@pytest.mark.parametrize("key", [None, "ship-1"])
def test_the_same_shipment_again_changes_nothing(key: str | None) -> None:
    ordered = Ordered()
    ordered.accept_all()

    first, second = ordered.ship((ordered.tea_line, 1), key=key), ordered.ship((ordered.tea_line, 1), key=key)

    assert (first.replayed, second.replayed) == (False, True)
    assert first.answer == second.answer
    assert len(ordered.read()["shipments"]) == 1
    assert ordered.read()["lines"][0]["shipped_quantity"] == 1


def test_two_equal_parcels_are_two_shipments_under_two_keys() -> None:
    ordered = Ordered()
    ordered.accept_all()

    ordered.ship((ordered.tea_line, 1), key="one")
    ordered.ship((ordered.tea_line, 1), key="two")

    assert ordered.statuses[0] == "SHIPPED"


def test_another_shipment_under_the_same_key_is_refused() -> None:
    ordered = Ordered()
    ordered.accept_all()
    ordered.ship((ordered.tea_line, 1), key="one")

    assert refusal_of(lambda: ordered.ship((ordered.tea_line, 2), key="one"))[:2] == (
        422,
        "IDEMPOTENCY_KEY_REUSED",
    )


def test_only_what_was_accepted_is_shipped() -> None:
    ordered = Ordered()
    assert refusal_of(lambda: ordered.ship((ordered.tea_line, 1)))[:2] == (409, "NOT_ACCEPTED")
    ordered.answer((ordered.tea_line, "ACCEPTED", 1))

    assert refusal_of(lambda: ordered.ship((ordered.tea_line, 2), (ordered.pot_line, 1)))[2] == [
        ("/lines/0/quantity", "QUANTITY_TOO_HIGH"),
        ("/lines/1/line_id", "LINE_NOT_ACCEPTED"),
    ]
    assert ordered.read()["shipments"] == []


def test_nobody_ships_for_another_supplier() -> None:
    ordered, other = Ordered(), Ordered("key-2")
    ordered.accept_all()
    body = {"carrier": "Post", "lines": [{"line_id": ordered.tea_line, "quantity": 1}]}

    with pytest.raises(NotFound):
        ship_order.ship(other.supplier_id, ordered.part_id, body, idempotency_key=None)


def test_an_order_grows_in_version_with_everything_under_it() -> None:
    ordered = Ordered()
    versions = [ordered.read()["version"]]
    ordered.accept_all()
    versions.append(ordered.read()["version"])
    ordered.ship((ordered.tea_line, 2))
    versions.append(ordered.read()["version"])

    assert versions == sorted(set(versions))
    assert ordered.read()["updated_at"] >= ordered.order["updated_at"]


def test_attempts_are_for_administrators() -> None:
    ordered = Ordered()

    assert "attempts" not in ordered.read()
    assert ordered.read(is_admin=True)["attempts"][0]["status"] == "PLANNED"


def test_an_order_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound):
        read_order.read_order("ord_none", is_admin=True)


def test_a_supplier_reads_the_street_from_acceptance_on() -> None:
    ordered = Ordered()
    before = ordered.part()

    assert before["ship_to"] == {"address": {"city": "Ghent", "postal_code": "9000", "country": "BE"}}
    assert ordered.part(is_admin=True)["ship_to"] == SHIP_TO
    ordered.accept_all()
    assert ordered.part()["ship_to"] == SHIP_TO
    assert "ada@buyer.example" not in json.dumps(ordered.part())


def test_a_supplier_that_refused_never_reads_the_street() -> None:
    ordered = Ordered()
    ordered.answer((ordered.tea_line, "OUT_OF_STOCK", 0))

    assert "Quiet Lane" not in json.dumps(ordered.part())


def test_a_supplier_lists_its_own_orders_only() -> None:
    ordered, other = Ordered(), Ordered("key-2")
    place(a_line(ordered.tea), key="key-3")
    ordered.accept_all()

    def listed(**options: Any) -> dict[str, Any]:
        return read_order.list_supplier_orders(ordered.supplier_id, **{"limit": 10, **options})

    everything = listed()["items"]
    assert everything[0] == ordered.part()
    assert len(everything) == 2
    assert all(each["supplier_id"] == ordered.supplier_id for each in everything)
    assert listed(status="SHIPPING")["items"] == [ordered.part()]
    assert listed(updated_since="2999-01-01T00:00:00.000Z")["items"] == []
    first = listed(limit=1)
    rest = listed(limit=1, cursor=first["next_cursor"])
    assert first["items"] + rest["items"] == everything
    with pytest.raises(BadRequest):
        read_order.list_supplier_orders(other.supplier_id, limit=1, cursor=first["next_cursor"])


def test_parts_sum_to_the_whole() -> None:
    ordered = Ordered()
    order = ordered.read()
    cents = [int(line["line_total"]["amount"].replace(".", "")) for line in order["lines"]]
    in_parts = [
        int(line["line_total"]["amount"].replace(".", ""))
        for part in order["supplier_orders"]
        for line in part["lines"]
    ]

    assert sum(cents) == sum(in_parts) == int(order["totals"]["items"]["amount"].replace(".", ""))


def test_what_an_answer_changes_carries_its_correlation_id() -> None:
    ordered = Ordered()
    telemetry.bind("cor-supplier")
    ordered.accept_all()

    stored = boto3.client("dynamodb").scan(TableName="marketplace-test")["Items"]
    by_kind = {item["kind"]["S"]: item["correlation_id"]["S"] for item in stored if "correlation_id" in item}
    assert by_kind["SUPPLIER_ORDER"] == by_kind["TERMS"] == "cor-supplier"
