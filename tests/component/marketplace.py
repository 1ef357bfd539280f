"""A marketplace to order from, built with defaults: open suppliers, offers on sale, orders placed."""

from typing import Any

from chalicelib import clock, ids
from chalicelib.domain.fee_schedule import RulesVersion
from chalicelib.domain.money import Money
from chalicelib.domain.offer import Product, Terms
from chalicelib.domain.supplier import Supplier
from chalicelib.services import place_order
from chalicelib.services.idempotency import Outcome
from chalicelib.storage import fee_rules, offer_terms, products, suppliers
from chalicelib.storage.transaction import commit

SHIP_TO = {
    "name": "Ada Buyer",
    "address": {"line1": "1 Quiet Lane", "city": "Ghent", "postal_code": "9000", "country": "BE"},
    "phone": "+3290000000",
}


def a_supplier(
    name: str = "north", *, status: str = "OPEN", order_api: dict[str, str] | None = None, **more: str
) -> str:
    """Store a supplier; gives its id."""
    now = clock.timestamp()
    supplier_id = ids.new_id("sup")
    profile = {
        "display_name": name,
        "order_api": order_api or {"url": "https://supplier.invalid/orders"},
        **more,
    }
    commit(
        suppliers.adding(
            Supplier(
                supplier_id,
                profile,
                status=status,
                validation_state="DONE",
                correlation_id="setup",
                created_at=now,
                updated_at=now,
            )
        )
    )
    return supplier_id


def an_offer(
    supplier_id: str, sku: str = "A", *, price: str | None = "5.00", stock: int = 10, **fields: Any
) -> str:
    """Put an offer on sale; gives its id."""
    now = clock.timestamp()
    terms = Terms(
        offer_id=ids.offer_id(supplier_id, sku),
        supplier_id=supplier_id,
        sku=sku,
        **{
            "product_id": f"prd_{sku}",
            "title": f"Title of {sku}",
            "gtin": "09521101001013",
            "price": price and Money.parse(euros(price)),
            "available": stock,
            "stock_as_of": now,
            "handling_days": 1,
            "supplier_name": "North",
            "correlation_id": "setup",
            "created_at": now,
            "updated_at": now,
            **fields,
        },
    )
    commit(offer_terms.adding(terms))
    return terms.offer_id


def a_product(product_id: str, *offer_ids: str) -> None:
    """Store a product with these members; its view is for the stream's reader to make."""
    now = clock.timestamp()
    terms = offer_terms.get_many(offer_ids)
    members = {each.supplier_id: a_member(each.offer_id, each.sku) for each in terms.values()}
    commit(
        products.adding(
            Product(
                product_id,
                "09521101001013",
                "Golden title",
                "North",
                "Tea",
                offer_ids=members,
                created_at=now,
                updated_at=now,
            )
        )
    )


def a_member(offer_id: str, sku: str, **fields: Any) -> dict[str, Any]:
    """What a product keeps of one that offers it."""
    since = "2026-01-01T00:00:00.000Z"
    return {"offer_id": offer_id, "sku": sku, "since": since, "at": since, "owns_brand": False, **fields}


def a_line(offer_id: str, quantity: int = 1, price: str = "5.00") -> dict[str, Any]:
    return {"offer_id": offer_id, "quantity": quantity, "expected_price": euros(price)}


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def an_order_body(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "currency": "EUR",
        "lines": list(lines),
        "ship_to": SHIP_TO,
        "contact": {"email": "ada@buyer.example"},
        "payment": {"reference": "pay-1", "authorized_amount": euros("9999.00")},
        **fields,
    }


def place(*lines: dict[str, Any], key: str = "key-1", **fields: Any) -> Outcome:
    return place_order.place(an_order_body(*lines, **fields), idempotency_key=key)


def charge(percent: float, *, since: str = "2026-01-01T00:00:00.000Z", **besides: Any) -> None:
    """Have the marketplace take this commission on everything sold from that moment on, and what is charged
    `besides`."""
    document = {"rules": [{"rule": "standard", "percent": percent}], **besides}
    schedule = fee_rules.schedule()
    version = RulesVersion(schedule.version + 1, since, document, digest=str(document), set_by="setup")
    commit(*fee_rules.putting(version, schedule.putting(version.holding, kept_from=since)))


def stock_of(offer_id: str) -> tuple[int, int, int]:
    """Available, reserved, sold."""
    terms = offer_terms.get_many([offer_id])[offer_id]
    return terms.available, terms.reserved, terms.sold
