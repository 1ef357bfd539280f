"""Who travels: suppliers with servers of their own, and shoppers. All of it over HTTP, as clients would."""

import itertools
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from stdnum import ean
from stdnum.iso7064 import mod_11_10

from examples.client import Client
from examples.reference_supplier import OrderBook, ReferenceSupplier, serving

Json = dict[str, Any]
_numbers = itertools.count(random.randrange(10**6))


@dataclass(frozen=True)
class Supplier:
    """A registered supplier whose server runs."""

    client: Client
    server: ReferenceSupplier
    supplier_id: str
    api_key: str

    @property
    def path(self) -> str:
        return f"/suppliers/{self.supplier_id}"

    def profile(self) -> Json:
        return self.client.call("GET", self.path, token=self.api_key)

    def until(self, status: str) -> Json:
        return self.client.read_until(self.path, lambda found: found["status"] == status, token=self.api_key)

    def offer(self, **changes: Any) -> Json:
        """Put an offer and wait until it was judged."""
        sku = changes.pop("sku", f"SKU-{next(_numbers)}")
        path = f"{self.path}/offers/{sku}"
        self.client.call("PUT", path, token=self.api_key, json=an_offer(self.server, **changes))
        return self.client.read_until(path, lambda found: found["acceptance"] != "NEW", token=self.api_key)

    def orders(self) -> list[Json]:
        return self.client.call("GET", f"{self.path}/orders", token=self.api_key)["items"]

    def post(self, supplier_order_id: str, what: str, body: Json, **more: Any) -> Any:
        path = f"{self.path}/orders/{supplier_order_id}/{what}"
        return self.client.send("POST", path, token=self.api_key, json=body, **more)

    def dispatches(self) -> list[Json]:
        """The orders that its server was sent, tests left out."""
        return [
            message for message in self.server.book.messages
            if message["body"]["type"] == "supplier_order.placed"
        ]  # fmt: skip


def errors(record: Json) -> list[Json]:
    """The issues that keep a record from going live."""
    return [issue for issue in record["issues"] if issue["severity"] == "ERROR"]


def a_tax_id() -> str:
    number = "".join(random.choices("123456789", k=8))
    return f"DE{number}{mod_11_10.calc_check_digit(number)}"


def a_gtin() -> str:
    body = f"9521{next(_numbers) % 10**8:08}"
    return body + ean.calc_check_digit(body)


def a_registration(server: ReferenceSupplier, **changes: Any) -> Json:
    number = next(_numbers)
    return {
        "legal_name": f"Sample Trading {number} GmbH",
        "display_name": f"Sample {number}",
        "brands": [{"name": f"Brand {number}", "owned": True}],
        "tax_id": a_tax_id(),
        "country": "DE",
        "website": server.website,
        "contact": {"name": "Order desk", "email": f"desk@sample-{number}.example", "phone": "+4930231250"},
        "address": {"line1": "Speicherstr. 1", "city": "Hamburg", "postal_code": "20457", "country": "DE"},
        "accepts_image_standard": True,
        "order_api": server.order_api,
        **changes,
    }


def an_offer(server: ReferenceSupplier, **changes: Any) -> Json:
    return {
        "gtin": a_gtin(),
        "title": "Stoneware teapot, 1 l",
        "description": "Glazed inside and out.",
        "brand": "Harbour",
        "category": "Kitchen/Teapots",
        "condition": "NEW",
        "price": {"amount": "34.00", "currency": "EUR"},
        "quantity": 10,
        "handling_days": 2,
        "image_urls": [server.image_url("teapot")],
        "attributes": {"volume_ml": 1000},
        **changes,
    }


def register(client: Client, server: ReferenceSupplier, **changes: Any) -> Supplier:
    answer = client.send("POST", "/suppliers", json=a_registration(server, **changes))
    assert answer.status_code == 202, answer.text
    body = answer.json()
    server.signing_secret = body["signing_secret"]
    return Supplier(client, server, body["supplier"]["supplier_id"], body["api_key"])


@contextmanager
def a_supplier(client: Client, *, rejects: set[str] = frozenset(), later: bool = False) -> Iterator[Supplier]:
    """An open supplier."""
    with serving(book=OrderBook(rejected_skus=set(rejects), answers_later=later)) as server:
        supplier = register(client, server)
        supplier.until("OPEN")
        yield supplier


def waiting_reviews(client: Client, token: str, supplier_id: str) -> list[Json]:
    """The supplier's cases, and its offers', however many others wait before them."""
    found, cursor = [], ""
    while cursor is not None:
        page = client.call("GET", f"/admin/reviews?limit=100{cursor and f'&cursor={cursor}'}", token=token)
        found += [case for case in page["items"] if case["supplier_id"] == supplier_id]
        cursor = page["next_cursor"]
    return found


def an_order(*lines: tuple[Json, int], **changes: Any) -> Json:
    """An order of offers (as read) and quantities, at their prices."""
    cents = sum(int(offer["price"]["amount"].replace(".", "")) * quantity for offer, quantity in lines)
    return {
        "currency": "EUR",
        "lines": [
            {"offer_id": offer["offer_id"], "quantity": quantity, "expected_price": offer["price"]}
            for offer, quantity in lines
        ],
        "ship_to": {
            "name": "Sample recipient",
            "address": {
                "line1": "Unter den Linden 1",
                "city": "Berlin",
                "postal_code": "10117",
                "country": "DE",
            },
        },
        "contact": {"email": "recipient@shopper.example"},
        "payment": {
            "reference": uuid.uuid4().hex,
            "authorized_amount": {"amount": f"{cents / 100:.2f}", "currency": "EUR"},
        },
        **changes,
    }


def place(client: Client, body: Json, key: str | None = None) -> Any:
    return client.send("POST", "/orders", json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})
