"""Odd bodies for the routes of an order that is under way: each is a problem, and nothing is changed."""

from typing import Any

import pytest
from api import Reply, call
from marketplace import a_line, an_order_body, euros, stock_of
from test_api_orders import Seller

pytestmark = pytest.mark.usefixtures("aws")

ODD = [True, 1.5, -1, 10**30, "1", None, {}]


class UnderWay:
    """An order of three pieces of which two were shipped and one was accepted, too."""

    def __init__(self) -> None:
        self.seller = Seller()
        body = an_order_body(a_line(self.seller.offer_id, 3))
        placed = call("POST", "/orders", body, headers={"Idempotency-Key": "k"}).json
        self.order_id, self.token = placed["order"]["order_id"], placed["order_token"]
        self.line_id = placed["order"]["lines"][0]["line_id"]
        self.part_id = placed["order"]["lines"][0]["supplier_order_id"]
        self.attempt_id = self.part_id.replace("so_", "att_")
        lines = [{"line_id": self.line_id, "code": "ACCEPTED", "quantity": 3}]
        accepted = self.seller.send(
            "POST", f"/{self.part_id}/acceptance", {"attempt_id": self.attempt_id, "lines": lines}
        )
        assert accepted.status == 200
        shipped = {"carrier": "Post", "lines": [{"line_id": self.line_id, "quantity": 2}]}
        assert self.seller.send("POST", f"/{self.part_id}/shipments", shipped).status == 201

    def of_supplier(self, what: str) -> tuple[str, str]:
        return f"/suppliers/{self.seller.supplier_id}/orders/{self.part_id}/{what}", self.seller.token

    def of_shopper(self, what: str) -> tuple[str, str]:
        return f"/orders/{self.order_id}/{what}", self.token

    @property
    def state(self) -> tuple[Any, ...]:
        return call("GET", f"/orders/{self.order_id}", token=self.token).json, stock_of(self.seller.offer_id)

    def bodies(self) -> list[tuple[tuple[str, str], Any]]:
        line = self.line_id
        to_supplier = [
            (
                "acceptance",
                {
                    "attempt_id": self.attempt_id,
                    "lines": [{"line_id": line, "code": "ACCEPTED", "quantity": 1}],
                },
            ),
            ("shipments", {"carrier": "Post", "lines": [{"line_id": line, "quantity": 1}]}),
            ("refunds", {"lines": [{"line_id": line, "quantity": 1, "reason": "late"}]}),
            ("refunds", {"lines": [{"line_id": line, "amount": euros("1.00"), "reason": "late"}]}),
            ("cancellation-answer", {"status": "CANCELLATION_ACCEPTED"}),
        ]
        to_shopper = [
            ("cancellation", {"lines": [{"line_id": line, "quantity": 1}]}),
            ("returns", {"lines": [{"line_id": line, "quantity": 1, "reason": "too small"}]}),
            ("payment-confirmation", {"reference": "pay-1"}),
        ]
        return [(self.of_supplier(what), body) for what, body in to_supplier] + [
            (self.of_shopper(what), body) for what, body in to_shopper
        ]


def spoilt(body: Any) -> list[Any]:
    """The body with each of its values replaced by odd ones in turn, fields added, and lines doubled."""
    if isinstance(body, dict):
        found = [{**body, name: odd} for name, value in body.items() for odd in [*spoilt(value), *ODD]]
        return [
            *found,
            {**body, "surprise": 1},
            *({k: v for k, v in body.items() if k != name} for name in body),
        ]
    if isinstance(body, list):
        return [[*body, *body], *([each] for each in spoilt(body[0]))]
    return []


def is_a_problem(reply: Reply) -> bool:
    return (
        400 <= reply.status < 500
        and bool(reply.code)
        and reply.headers["Content-Type"].startswith("application/problem")
    )


@pytest.mark.parametrize("number", range(8))
def test_odd_bodies_are_refused_with_their_place_and_change_nothing(number: int) -> None:
    order = UnderWay()
    before = order.state
    (path, token), body = order.bodies()[number]
    taken: list[Any] = []
    for odd in [*spoilt(body), [], "x", 1]:
        reply = call("POST", path, odd, token=token)
        assert reply.status < 500, (path, odd, reply.text)
        if reply.status < 400:
            taken.append(odd)
            before = order.state
        else:
            assert is_a_problem(reply), (path, odd)
    assert order.state == before
    assert len(taken) <= 2, "other than what may be left out, or free text"


@pytest.mark.parametrize("place", ["/ship_to/name", "/ship_to/address/city", "/channel_reference"])
def test_what_no_label_can_print_is_refused(place: str) -> None:
    body = an_order_body(a_line(Seller().offer_id), channel_reference="web")
    *outer, name = place.split("/")[1:]
    target: Any = body
    for each in outer:
        target[each] = dict(target[each])
        target = target[each]
    target[name] = "B\u0000o"

    assert call("POST", "/orders", body, headers={"Idempotency-Key": "k"}).faults == {place: "INVALID_VALUE"}
