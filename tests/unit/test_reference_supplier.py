import json
import time
from typing import Any

import imagesize
import pytest

from chalicelib.clients import supplier_api, trial_orders
from chalicelib.clients.guarded import Reply, Rules, fetch
from chalicelib.clients.supplier_api import Answered, AnswerLater, NeverSeen, Outcome, TryAgain
from chalicelib.clients.trial_orders import Target
from chalicelib.domain import signing
from chalicelib.domain.acceptance import Answer, LineAnswer
from examples.reference_supplier import OrderBook, ReferenceSupplier, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RULES = Rules(allowed_private_hosts={"127.0.0.1"})


def an_order(*skus: str) -> dict[str, Any]:
    lines = [{"line_id": f"lin_{sku}", "sku": sku, "quantity": 2} for sku in skus]
    return {"attempt_id": "att_x_1", "supplier_order_id": "so_x_1", "lines": lines}


def place(supplier: ReferenceSupplier, *skus: str, secret: str = SECRET) -> Outcome:
    return supplier_api.place(
        supplier.order_api, secret=secret, attempt_id="att_x_1", data=an_order(*skus), rules=RULES
    )


def status(supplier: ReferenceSupplier) -> Outcome:
    return supplier_api.status(supplier.order_api, secret=SECRET, attempt_id="att_x_1", rules=RULES)


def get(url: str) -> Reply:
    return fetch("GET", url, rules=RULES)


def test_it_accepts_an_order_once_and_gives_the_same_answer_again() -> None:
    with serving(signing_secret=SECRET) as supplier:
        first, second = place(supplier, "A"), place(supplier, "A")
        asked = status(supplier)

    assert first == Answered(Answer("ACCEPTED", (LineAnswer("lin_A", "ACCEPTED", 2),), "R-so_x_1"))
    assert first == second == asked
    assert len(supplier.book.orders) == 1
    assert len(supplier.book.messages) == 2


def test_it_refuses_the_skus_it_was_told_to() -> None:
    with serving(signing_secret=SECRET, book=OrderBook(rejected_skus={"B"})) as supplier:
        outcome = place(supplier, "A", "B")

    assert isinstance(outcome, Answered)
    assert outcome.answer.status == "PARTIALLY_ACCEPTED"
    assert [line.code for line in outcome.answer.lines or ()] == ["ACCEPTED", "OUT_OF_STOCK"]


def test_it_may_answer_later() -> None:
    with serving(signing_secret=SECRET, book=OrderBook(answers_later=True)) as supplier:
        assert status(supplier) == NeverSeen()
        assert place(supplier, "A") == AnswerLater()
        assert status(supplier) == AnswerLater()
        supplier.book.decide("att_x_1")
        assert isinstance(status(supplier), Answered)


def test_without_its_secret_it_answers_test_orders_only() -> None:
    with serving() as supplier:
        target = Target(supplier.order_api, SECRET, RULES)
        trial = trial_orders.place(target, trial_orders.new_order())
        before = place(supplier, "A")
        told = fetch(
            "POST",
            supplier.website + "admin/signing-secret",
            body=json.dumps({"signing_secret": SECRET}).encode(),
            rules=RULES,
        )
        after = place(supplier, "A")

    assert trial.answer is not None
    assert trial.answer.status == "ACCEPTED"
    assert before == TryAgain("HTTP_503", 1)
    assert told.status == 200
    assert isinstance(after, Answered)


def test_it_refuses_what_the_marketplace_did_not_sign() -> None:
    with serving(signing_secret=SECRET) as supplier:
        assert place(supplier, "A", secret="whsec_AAAA") == TryAgain("HTTP_401")
        stale = signing.headers(
            secret=SECRET, message_id="att_x_1", timestamp=int(time.time()) - 400, body=b"{}"
        )
        assert fetch(
            "POST", supplier.website + "orders/x/cancellation", headers=stale, body=b"{}", rules=RULES
        )
        assert supplier.book.orders == {}


def test_it_meets_the_faults_it_was_given() -> None:
    with serving(signing_secret=SECRET) as supplier:
        supplier.book.faults.extend([503, "DROP"])
        assert place(supplier, "A") == TryAgain("HTTP_503")
        assert place(supplier, "A") == TryAgain("BROKEN_ANSWER")
        assert isinstance(status(supplier), Answered)


def test_its_web_site_pictures_and_stock_are_real(tmp_path: Any) -> None:
    with serving(book=OrderBook(stock={"A": 7})) as supplier:
        assert b"Reference Supplier" in get(supplier.website).body
        picture = get(supplier.image_url("tee"))
        small = get(supplier.image_url("tee") + "?side=100")
        stock = json.loads(get(supplier.inventory_api["url"] + "?skus=A,B").body)

    assert picture.headers["content-type"] == "image/png"
    path = tmp_path / "picture.png"
    for reply, size in ((picture, (800, 800)), (small, (100, 100))):
        path.write_bytes(reply.body)
        assert imagesize.get(str(path)) == size
    assert [(item["sku"], item["quantity"]) for item in stock["items"]] == [("A", 7)]


@pytest.mark.parametrize("path", ["nowhere", "admin/signing-secret", "orders"])
def test_it_has_nothing_else_to_get(path: str) -> None:
    with serving() as supplier:
        assert get(supplier.website + path).status == 404
