"""Commission rules, and what they do to orders: quoted before, frozen when placed, explained after."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from api import Reply, call
from conftest import Meddle
from identity_provider import Provider
from marketplace import a_line, a_product, a_supplier, an_offer, euros, place

from chalicelib import clock
from chalicelib.clients.secrets import master_secret
from chalicelib.domain import credentials
from chalicelib.domain.acceptance import mark_sent
from chalicelib.domain.fees import FeeFacts
from chalicelib.domain.ledger import entries
from chalicelib.domain.supplier import Keyring
from chalicelib.services import accept_order, api_keys, explain_fee, reallocate_order, ship_order
from chalicelib.services.read_ledger import entry_view
from chalicelib.services.refresh_product import refresh
from chalicelib.services.refund_order import refund
from chalicelib.storage import ledger, supplier_orders
from chalicelib.storage.transaction import commit

pytestmark = pytest.mark.usefixtures("aws")

RULES = "/admin/commission-rules"
STANDARD = {"rule": "standard", "percent": 10}
TEA = {"rule": "tea", "when": {"category": "Food", "plan": "gold"}, "percent": 8, "flat": [euros("0.30")]}
VAT = {"default": 0, "countries": {"BE": 21}}
FACTS = FeeFacts("Food > Tea", "North", "gold", "BE")


def put(admin: str, *rules: dict[str, Any], version: int = 0, **more: Any) -> Reply:
    body = {"rules": list(rules), "reason": "We say so.", **more}
    return call("PUT", RULES, body, token=admin, headers={"If-Match": f'"{version}"'})


def test_before_anything_is_put_one_rule_of_fifteen_percent_holds(admin: str) -> None:
    reply = call("GET", RULES, token=admin)

    assert (reply.status, reply.etag, reply.json["version"]) == (200, '"0"', 0)
    assert reply.json["rules"] == [{"rule": "standard", "percent": 15}]
    assert (reply.json["valid_from"], reply.json["scheduled"]) == (None, [])


def test_each_put_is_a_version_that_can_be_read_for_good(admin: str) -> None:
    first = put(admin, {**STANDARD, "floor": [euros("0.50")]}, STANDARD | {"rule": "rest"})
    second = put(admin, STANDARD, version=1, fee_vat={"default": 19.5, "countries": {"BE": 21}})

    assert (first.status, first.etag, second.status, second.etag) == (200, '"1"', 200, '"2"')
    assert call("GET", RULES, token=admin).json["fee_vat"] == {"default": 19.5, "countries": {"BE": 21}}
    old = call("GET", f"{RULES}?version=1", token=admin)
    assert (old.etag, old.json["rules"], old.json["latest_version"]) == ('"1"', first.json["rules"], 2)
    assert call("GET", f"{RULES}?version=0", token=admin).json["rules"][0]["percent"] == 15
    assert call("GET", f"{RULES}?version=3", token=admin).status == 404
    page = call("GET", f"{RULES}/versions?limit=1", token=admin).json
    assert [each["version"] for each in page["items"]] == [2]
    page = call("GET", f"{RULES}/versions?cursor={page['next_cursor']}", token=admin).json
    assert [(each["version"], each["reason"]) for each in page["items"]] == [(1, "We say so.")]
    assert put(admin, STANDARD, version=1).status == 412
    assert call("PUT", RULES, {"rules": [STANDARD], "reason": "x"}, token=admin).status == 428


def test_of_two_who_put_rules_at_once_one_is_refused(admin: str, before_the_transaction: Meddle) -> None:
    before_the_transaction(lambda: put(admin, {"rule": "theirs", "percent": 1}))

    assert put(admin, {"rule": "ours", "percent": 2}).status == 412
    assert call("GET", RULES, token=admin).json["rules"][0]["rule"] == "theirs"


def test_rules_that_cannot_hold_are_refused_with_their_place(admin: str) -> None:
    narrow, early = {"rule": "a", "when": {"plan": "gold"}}, "2020-01-01T00:00:00Z"

    reply = put(admin, narrow, narrow, valid_from=early)

    assert (reply.status, reply.code) == (422, "INVALID_RULES")
    assert reply.faults == {
        "/rules/1/rule": "DUPLICATE",
        "/rules": "NO_STANDARD_RULE",
        "/valid_from": "IN_THE_PAST",
    }
    assert put(admin, {"rule": "a", "percent": 100.5}).faults == {"/rules/0/percent": "INVALID_VALUE"}
    assert call("GET", RULES, token=admin).json["version"] == 0


class Deal:
    """An order of three pieces at 5.00, at a supplier in Belgium with the plan gold."""

    def __init__(self, key: str = "key-1", **fields: Any) -> None:
        self.supplier_id = a_supplier(commission_plan="gold", country="BE")
        self.offer_id = an_offer(self.supplier_id, fee_facts=FACTS)
        self.order = place(a_line(self.offer_id, 3), key=key, **fields).answer["order"]
        (self.part_id,) = (part["supplier_order_id"] for part in self.order["supplier_orders"])
        (self.line_id,) = (line["line_id"] for line in self.order["lines"])

    def accept(self) -> "Deal":
        line = {"line_id": self.line_id, "code": "ACCEPTED", "quantity": 3}
        answer(self.supplier_id, self.part_id, line)
        return self

    def deliver(self) -> None:
        body = {"carrier": "Post", "lines": [{"line_id": self.line_id, "quantity": 3}]}
        parcel = ship_order.ship(self.supplier_id, self.part_id, body, idempotency_key="s").answer
        ship_order.deliver(self.supplier_id, self.part_id, parcel["shipment_id"], delivered_at=None)

    @property
    def fee(self) -> dict[str, Any]:
        return dict(explain_fee.explain(self.supplier_id, self.part_id, self.line_id)["fee"])

    @property
    def moves(self) -> list[tuple[str, int, int | None, str | None]]:
        return [
            (move.type, move.minor, move.rules_version, move.rule)
            for posting in ledger.walk(self.supplier_id)
            for move in posting.moves
        ]


def key_of(supplier_id: str) -> str:
    key = api_keys.new_key(supplier_id, now=clock.timestamp())
    commit(*api_keys.adding(key, Keyring(supplier_id)))
    return credentials.api_key(master_secret(), key.key_id)


def answer(supplier_id: str, part_id: str, line: dict[str, Any]) -> None:
    body = {"attempt_id": part_id.replace("so_", "att_"), "lines": [line]}
    accept_order.accept(supplier_id, part_id, body)


def test_a_line_keeps_the_fee_that_it_was_placed_with(admin: str) -> None:
    put(admin, TEA, STANDARD, fee_vat=VAT)
    deal = Deal()

    put(admin, {"rule": "dear", "percent": 50}, version=1)
    deal.accept().deliver()
    body = {"lines": [{"line_id": deal.line_id, "amount": euros("5.00"), "reason": "late"}]}
    refund(deal.supplier_id, deal.part_id, body, idempotency_key="r", by="supplier")

    assert {move[2:] for move in deal.moves if "COMMISSION" in move[0]} == {(1, "tea")}
    assert [move for move in deal.moves if move[0].endswith(("COMMISSION_FEE", "COMMISSION_VAT"))] == [
        ("COMMISSION_FEE", 210, 1, "tea"),  # 8 % of 15.00 and three times 0.30
        ("COMMISSION_VAT", 44, 1, "tea"),
        ("COMMISSION_FEE", 210, 1, "tea"),  # and what is pending becomes payable
        ("COMMISSION_VAT", 44, 1, "tea"),
        ("REFUND_COMMISSION_FEE", 70, 1, "tea"),
        ("REFUND_COMMISSION_VAT", 15, 1, "tea"),
    ]
    assert Deal("key-2").fee["rule"] == "dear"


def test_a_version_put_ahead_of_time_holds_from_its_moment_on(provider: Provider, admin: str) -> None:
    with time_machine.travel(datetime(2026, 11, 1, tzinfo=UTC), tick=False) as time:
        start = clock.now()
        winter = clock.timestamp(start + timedelta(hours=2))
        reply = put(provider.token(), {"rule": "winter", "percent": 20}, valid_from=winter)
        autumn = put(provider.token(), {"rule": "autumn", "percent": 12}, version=1)
        used = []
        for minutes in (0, 119, 120):
            time.move_to(start + timedelta(minutes=minutes))
            used.append(Deal(f"key-{minutes}").fee["rule"])

        assert reply.json["scheduled"] == [{"version": 1, "valid_from": winter}]
        assert (autumn.json["latest_version"], autumn.json["scheduled"]) == (2, reply.json["scheduled"])
        assert used == ["autumn", "autumn", "winter"]
        assert call("GET", RULES, token=provider.token()).json["version"] == 1


def test_what_allocation_chose_pays_by_its_own_plan_and_category(admin: str) -> None:
    put(admin, TEA, STANDARD)
    golden, plain = a_supplier(commission_plan="gold"), a_supplier()
    offers = [
        an_offer(golden, handling_days=1, fee_facts=FACTS),
        an_offer(plain, handling_days=9, fee_facts=FeeFacts("Food > Tea")),
    ]
    a_product("prd_A", *offers)
    refresh("prd_A")
    wanted = {"product_id": "prd_A", "quantity": 1, "expected_price": euros("5.00")}
    order = place(wanted).answer["order"]
    (part,), (line,) = order["supplier_orders"], order["lines"]
    stored = supplier_orders.get(part["supplier_order_id"])
    assert stored is not None

    put(admin, {"rule": "dear", "percent": 50}, version=1)
    commit(supplier_orders.replacing(mark_sent(stored, now=clock.timestamp()), expected_version=1))
    refused = {"line_id": line["line_id"], "code": "OUT_OF_STOCK", "quantity": 0}
    answer(golden, part["supplier_order_id"], refused)
    reallocate_order.reallocate(order["order_id"])

    path = f"/orders/{order['order_id']}/lines/{line['line_id']}/explain"
    told = call("GET", path, token=admin).json
    assert (told["supplier_id"], told["fee"]["rule"], told["fee"]["rules_version"]) == (plain, "standard", 1)
    first = explain_fee.explain(golden, part["supplier_order_id"], line["line_id"])["fee"]
    assert (first["rule"], first["inputs"]["plan"]) == ("tea", "gold")


def test_a_fee_is_explained_to_its_supplier_with_what_else_would_have_fitted(admin: str) -> None:
    yen = {
        "rule": "yen",
        "when": {"plan": "gold", "brand": "NORTH"},
        "flat": [{"amount": "9", "currency": "JPY"}],
    }
    put(admin, STANDARD, yen, TEA, {"rule": "toys", "when": {"category": "Toys"}, "percent": 1}, fee_vat=VAT)
    deal = Deal().accept()

    path = f"/suppliers/{deal.supplier_id}/orders/{deal.part_id}/lines"
    reply = call("GET", f"{path}/{deal.line_id}/explain", token=key_of(deal.supplier_id))

    assert reply.status == 200
    assert reply.json["fee"] == {
        "rules_version": 1,
        "rule": "tea",
        "percent": 8,
        "flat": euros("0.30"),
        "floor": None,
        "cap": None,
        "vat_percent": 21,
        "on_shipping": False,
        "refundable": True,
        "inputs": {
            "supplier_id": deal.supplier_id,
            "price": euros("5.00"),
            "category": "Food > Tea",
            "brand": "North",
            "plan": "gold",
            "country": "BE",
            "channel": "direct",
        },
        "other_rules": [
            {"rule": "yen", "lost_by": "NO_AMOUNT_IN_CURRENCY"},
            {"rule": "standard", "lost_by": "PLAN"},
        ],
        "commission": euros("2.10"),
        "vat": euros("0.44"),
    }
    stranger = key_of(a_supplier())
    own = path.replace(deal.supplier_id, a_supplier())
    assert call("GET", f"{path}/{deal.line_id}/explain", token=stranger).status == 404
    assert call("GET", f"{path}/lin_x/explain", token=admin).status == 404
    assert call("GET", f"{own}/{deal.line_id}/explain", token=admin).status == 404


def told(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("account", "state", "type", "amount", "rules_version", "rule")
    return [{name: each[name] for name in names if name in each} for each in found]


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({}, id="goods"),
        pytest.param({"shipping": euros("2.99"), "tax": euros("1.57")}, id="shipping-tax"),
        pytest.param({"shipping": euros("2.99"), "shipping_tax": euros("0.52"), "tax": euros("2.60"),
                      "tax_included": True, "tax_collector": "MARKETPLACE"}, id="held-handed-on"),
    ],
)  # fmt: skip
def test_a_quote_is_what_the_sale_posts(admin: str, beside: dict[str, Any]) -> None:
    put(admin, TEA | {"on_shipping": True}, STANDARD, fee_vat=VAT)
    of_line = {name: beside[name] for name in ("shipping", "tax", "shipping_tax") if name in beside}
    of_order = {name: value for name, value in beside.items() if name not in of_line}
    supplier_id = a_supplier(commission_plan="gold", country="BE")
    offer_id = an_offer(supplier_id, fee_facts=FACTS)
    sale = {"price": euros("5.00"), "category": "food > tea", "quantity": 3, **beside}

    quoted = call("POST", "/fee-quotes", sale, token=key_of(supplier_id))
    order = place({**a_line(offer_id, 3), **of_line}, **of_order).answer["order"]
    (part,), (line,) = order["supplier_orders"], order["lines"]
    accepted = {"line_id": line["line_id"], "code": "ACCEPTED", "quantity": 3}
    answer(supplier_id, part["supplier_order_id"], accepted)

    (posting,) = ledger.walk(supplier_id)
    assert quoted.status == 200, quoted.text
    assert quoted.json["entries"] == told(map(entry_view, entries(posting)))
    own = [each.amount.minor for each in entries(posting) if each.account == "SUPPLIER_PENDING"]
    assert quoted.json["supplier_total"] == euros(f"{sum(own) / 100:.2f}")
    assert quoted.json["fee"]["rule"] == "tea"


def test_a_supplier_is_quoted_for_itself_only_and_an_administrator_for_anybody(admin: str) -> None:
    golden, other = a_supplier(commission_plan="gold"), a_supplier()
    put(admin, TEA, STANDARD)
    sale = {"price": euros("5.00"), "category": "Food"}

    def rule(token: str, **more: str) -> Any:
        reply = call("POST", "/fee-quotes", {**sale, **more}, token=token)
        return reply.json["fee"]["rule"] if reply.status == 200 else reply.status

    gold_key, other_key = key_of(golden), key_of(other)
    assert [rule(gold_key), rule(gold_key, supplier_id=golden), rule(other_key)] == ["tea", "tea", "standard"]
    assert rule(other_key, supplier_id=golden) == 404
    assert [rule(admin), rule(admin, supplier_id=golden)] == ["standard", "tea"]
    assert rule(admin, supplier_id="sup_none") == 404


def test_a_sale_that_cannot_be_is_not_quoted(admin: str) -> None:
    sale = {"price": euros("5.00"), "category": "Food", "tax": euros("5.01"), "tax_included": True}
    dollars = {"amount": "1.00", "currency": "USD"}

    reply = call("POST", "/fee-quotes", sale, token=admin)
    assert (reply.status, reply.faults) == (422, {"/tax": "TAX_TOO_HIGH"})
    reply = call("POST", "/fee-quotes", {**sale, "shipping": dollars}, token=admin)
    assert (reply.status, reply.faults) == (422, {"/shipping/currency": "CURRENCY_MISMATCH"})
