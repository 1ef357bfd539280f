"""Records of the table's stream, as the values that repositories give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.storage import (
    authorizations,
    endpoints,
    imports,
    keys,
    offer_terms,
    offers,
    orders,
    payouts,
    products,
    refunds,
    returns,
    reviews,
    rule_reversals,
    statements,
    supplier_orders,
    suppliers,
)
from chalicelib.storage.items import (
    AuthorizationsItem,
    ImportItem,
    Item,
    OfferItem,
    ProductItem,
    ReviewItem,
    RuleReversalItem,
    SupplierHealthItem,
    SupplierItem,
    TermsItem,
)
from chalicelib.storage.order_items import OrderItem, RefundItem, ReturnItem, SupplierOrderItem
from chalicelib.storage.payouts import PayoutItem
from chalicelib.storage.statements import StatementItem

_READERS: Mapping[type[Item], Callable[[Any], object]] = {
    SupplierItem: suppliers.from_item,
    SupplierHealthItem: endpoints.health_from_item,
    AuthorizationsItem: authorizations.from_item,
    OfferItem: offers.from_item,
    TermsItem: offer_terms.from_item,
    ProductItem: products.from_item,
    ReviewItem: reviews.from_item,
    RuleReversalItem: rule_reversals.from_item,
    ImportItem: imports.from_item,
    OrderItem: orders.from_item,
    SupplierOrderItem: supplier_orders.from_item,
    ReturnItem: returns.from_item,
    RefundItem: refunds.from_item,
    StatementItem: statements.from_item,
    PayoutItem: payouts.from_item,
}


@dataclass(frozen=True)
class Change:
    """One item before and after; None where it was not there, or is of a kind that nothing follows from.

    `touched`: it was sent through the stream anew, so that what follows from it happens again.
    """

    key: keys.Key
    before: object | None
    after: object | None
    touched: bool
    correlation_id: str


def read(record: Mapping[str, Any]) -> Change:
    """The change that a stream record tells of. Raises whatever its damage makes the reading raise."""
    told = record["dynamodb"]
    key = keys.Key(told["Keys"]["PK"]["S"], told["Keys"]["SK"]["S"])
    old, new = told.get("OldImage"), told.get("NewImage")
    return Change(
        key,
        _value(old),
        _value(new),
        touched=bool(old and new and new.get("touched_at", old.get("touched_at")) != old.get("touched_at")),
        correlation_id=(new or old or {}).get("correlation_id", {}).get("S", ""),
    )


def _value(image: Mapping[str, Any] | None) -> object | None:
    if not image:
        return None
    item = Item.from_raw_data(dict(image))
    reader = _READERS.get(type(item))
    return reader(item) if reader else None
