"""What no rule could decide, over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from api import Reply, call
from marketplace import a_line, a_product, a_supplier, an_offer, place, stock_of

from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.services import dispatch, read_order, reallocate_order, refresh_product
from chalicelib.storage import offer_terms, supplier_orders
from chalicelib.storage.transaction import commit
from examples.reference_supplier import ReferenceSupplier, serving

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def server() -> Iterator[ReferenceSupplier]:
    with serving() as supplier:
        yield supplier


class Case:
    """An order of three pieces of the first of two suppliers that sell the same, and who may decide on it."""

    def __init__(self, server: ReferenceSupplier, admin: str, *, key: str = "k", **fields: Any) -> None:
        self.server, self.admin, product_id = server, admin, f"prd_{key}"
        self.suppliers = [a_supplier(name, order_api=server.order_api) for name in ("north", "south")]
        self.offers = [
            an_offer(supplier, "POT", product_id=product_id, handling_days=number)
            for number, supplier in enumerate(self.suppliers)
        ]
        a_product(product_id, *self.offers)
        refresh_product.refresh(product_id)
        self.order = place(a_line(self.offers[0], 3), key=key, **fields).answer["order"]
        self.part_id = self.order["supplier_orders"][0]["supplier_order_id"]
        self.attempt_id = self.part_id.replace("so_", "att_")
        self.line_id = self.order["lines"][0]["line_id"]

    def dispatch(self) -> None:
        self.server.signing_secret = credentials.signing_secret(master_secret(), self.suppliers[0], 1)
        dispatch.dispatch(
            {
                "supplier_order_id": self.part_id,
                "attempt_id": self.attempt_id,
                "supplier_id": self.suppliers[0],
                "correlation_id": "c",
            }
        )

    def answer(self, **said: Any) -> None:
        """Have the supplier answer so."""
        line = {"line_id": self.line_id, "code": "ACCEPTED", "quantity": 3, **said}
        self.server.book.answers[self.attempt_id] = {"status": "PARTIALLY_ACCEPTED", "lines": [line]}
        self.dispatch()

    def settle(self, **body: Any) -> Reply:
        path = f"/admin/supplier-orders/{self.part_id}/attempts/{self.attempt_id}/settlement"
        return call("POST", path, {"reason": "They said so on the phone.", **body}, token=self.admin)

    def move(self, *lines: str, key: str | None = None) -> Reply:
        body = {"reason": "It takes too long.", **({"lines": list(lines)} if lines else {})}
        headers = {"Idempotency-Key": key} if key else {}
        path = f"/admin/orders/{self.order['order_id']}/reallocation"
        return call("POST", path, body, token=self.admin, headers=headers)

    def read(self) -> Any:
        return call("GET", f"/orders/{self.order['order_id']}", token=self.admin).json

    @property
    def stock(self) -> list[tuple[int, int, int]]:
        return [stock_of(offer_id) for offer_id in self.offers]


@pytest.fixture
def case(server: ReferenceSupplier, admin: str) -> Case:
    return Case(server, admin)


def unsettled(admin: str, query: str = "") -> Any:
    return call("GET", f"/admin/settlements{query}", token=admin).json


def test_answers_that_no_rule_could_take_are_listed_until_somebody_settles_them(
    case: Case, admin: str
) -> None:
    case.answer(quantity=4)

    (listed,) = unsettled(admin)["items"]
    assert listed["supplier_order_id"] == case.part_id
    assert listed["attempt"]["reason"] == "UNFIT_ANSWER: QUANTITY_TOO_HIGH at /lines/0/quantity"
    settled = case.settle(lines=[{"line_id": case.line_id, "code": "ACCEPTED", "quantity": 2}])

    attempt = settled.json["attempt"]
    assert settled.status == 200
    assert (attempt["status"], attempt["reason"]) == ("PARTIALLY_ACCEPTED", "They said so on the phone.")
    assert attempt["by"].startswith("admin:")
    assert unsettled(admin)["items"] == []
    assert case.stock == [(8, 0, 2), (10, 0, 0)]


def test_the_list_goes_on_page_by_page_the_most_urgent_first(server: ReferenceSupplier, admin: str) -> None:
    expected = []
    for number in range(3):
        case = Case(server, admin, key=f"k{number}")
        case.answer(quantity=4)
        expected.append(case.part_id)

    first = unsettled(admin, "?limit=2")
    rest = unsettled(admin, f"?limit=2&cursor={first['next_cursor']}")
    assert [each["supplier_order_id"] for each in first["items"] + rest["items"]] == expected


@pytest.mark.parametrize(
    ("decision", "status", "stock"),
    [("ACCEPTED", "SHIPPING", (7, 0, 3)), ("REJECTED", "WAITING_ACCEPTANCE", (10, 0, 0))],
)
def test_all_lines_are_settled_at_once(
    case: Case, decision: str, status: str, stock: tuple[int, int, int]
) -> None:
    case.answer(quantity=4)

    replies = [case.settle(decision=decision) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 200]
    assert replies[0].json == replies[1].json
    assert case.read()["lines"][0]["status"] == status
    assert case.stock[0] == stock


def test_a_settlement_that_does_not_fit_or_comes_too_late_changes_nothing(case: Case) -> None:
    case.answer(quantity=4)
    line = {"line_id": case.line_id, "code": "ACCEPTED"}

    assert case.settle(lines=[{**line, "quantity": 4}]).faults == {"/lines/0/quantity": "QUANTITY_TOO_HIGH"}
    assert case.settle(decision="ACCEPTED", lines=[line]).status == 422
    assert case.settle().status == 422
    case.settle(decision="ACCEPTED")
    assert case.settle(decision="REJECTED").code == "ATTEMPT_ANSWERED"
    case.attempt_id = case.attempt_id.replace("_1", "_2")
    assert case.settle(decision="ACCEPTED").status == 404


def test_lines_that_wait_are_moved_and_the_first_supplier_is_too_late(case: Case) -> None:
    case.server.book.answers_later = True
    case.dispatch()

    moved = case.move(case.line_id)

    assert moved.status == 200
    assert moved.json["lines"][0]["supplier_id"] == case.suppliers[1]
    ended, planned = moved.json["attempts"]
    assert (ended["status"], ended["reason"]) == ("EXPIRED", "MOVED_BY_HAND")
    assert (planned["status"], planned["moved_because"]) == ("PLANNED", "It takes too long.")
    assert planned["moved_by"] == ended["by"]
    assert case.settle(decision="ACCEPTED").code == "ATTEMPT_ENDED"
    assert case.stock == [(10, 0, 0), (7, 3, 0)]


@pytest.mark.parametrize("taken", [0, 8], ids=["at the next", "at the same, which has it again"])
def test_what_was_refused_for_good_is_tried_anew(
    case: Case, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    monkeypatch.setenv("MAX_SUPPLIERS_PER_LINE", "1")
    case.answer(code="OUT_OF_STOCK", quantity=0)
    reallocate_order.reallocate(case.order["order_id"])
    assert case.read()["lines"][0]["status"] == "REFUSED"
    if taken:
        place(a_line(case.offers[1], taken), key="other")

    moved = case.move(case.line_id).json

    assert moved["lines"][0]["status"] == "WAITING_ACCEPTANCE"
    assert moved["lines"][0]["supplier_id"] == case.suppliers[0 if taken else 1]
    assert [attempt["status"] for attempt in moved["attempts"]] == ["REJECTED", "PLANNED"]
    assert case.stock[0 if taken else 1] == (7, 3, 0)


def test_who_decided_and_why_is_not_for_suppliers(case: Case) -> None:
    case.answer(quantity=4)
    case.settle(decision="ACCEPTED")

    attempt = read_order.read_supplier_order(case.suppliers[0], case.part_id)["attempt"]

    assert attempt["status"] == "ACCEPTED"
    assert not {"by", "reason"} & attempt.keys()


def test_an_order_that_is_not_paid_for_is_not_settled(case: Case) -> None:
    part = supplier_orders.get(case.part_id)
    assert part is not None
    held = replace(part, held_until="2999-01-01T00:00:00.000Z")
    commit(supplier_orders.replacing(held, expected_version=1))

    assert case.settle(decision="ACCEPTED").code == "PAYMENT_PENDING"


def test_as_many_lines_as_an_order_has_move_together(case: Case) -> None:
    for offer_id in case.offers:
        terms = offer_terms.setting_stock(
            offer_id, quantity=60, as_of="2999-01-01T00:00:00.000Z", now="2999", correlation_id="c"
        )
        commit(terms)
    case.order = place(*[a_line(case.offers[0])] * 40, key="many").answer["order"]

    moved = case.move().json

    assert {line["supplier_id"] for line in moved["lines"]} == {case.suppliers[1]}
    assert case.stock == [(57, 3, 0), (20, 40, 0)]


def test_what_was_accepted_is_not_moved(case: Case) -> None:
    case.answer()

    reply = case.move(case.line_id)

    assert (reply.status, reply.code, reply.json["line_ids"]) == (409, "LINE_NOT_MOVABLE", [case.line_id])
    assert case.move().code == "LINE_NOT_MOVABLE"
    assert case.move("lin_x").faults == {"/lines/0": "UNKNOWN_LINE"}
    assert case.stock[0] == (7, 0, 3)


def test_an_order_that_nobody_else_can_serve_stays_where_it_is(case: Case) -> None:
    place(a_line(case.offers[1], 8), key="other")

    reply = case.move()

    assert (reply.status, reply.code) == (409, "NO_OTHER_SUPPLIER")
    assert reply.json["line_ids"] == [case.line_id]
    assert [each["status"] for each in case.read()["attempts"]] == ["PLANNED"]
    assert case.stock == [(7, 3, 0), (2, 8, 0)]


def test_a_promise_to_stay_with_the_supplier_is_not_broken_by_hand(
    server: ReferenceSupplier, admin: str
) -> None:
    case = Case(server, admin, promise={"may_change_supplier": False})

    assert case.move().code == "PROMISE_FORBIDS"


def test_the_same_request_again_moves_nothing_further(case: Case) -> None:
    first, again = case.move(key="m1"), case.move(key="m1")

    assert first.json["lines"] == again.json["lines"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(again.json["attempts"]) == 2
