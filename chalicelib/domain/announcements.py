"""What others are told of a change: the domain events, ids and codes only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.domain.offer import Offer, Product, Terms
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.domain.review import Review
from chalicelib.domain.supplier import Supplier

_OF_SUPPLIER = {
    "OPEN": "supplier.opened",
    "PENDING_APPROVAL": "supplier.held_for_review",
    "REJECTED": "supplier.rejected",
    "SUSPENDED": "supplier.suspended",
    "TERMINATED": "supplier.terminated",
}
_OF_LINE = {
    "SHIPPING": "order.line_accepted",
    "REFUSED": "order.line_refused",
    "CANCELED": "order.line_canceled",
    "SHIPPED": "order.line_shipped",
}
_OF_OFFER = {"TO_REVIEW": "offer.held_for_review", "REJECTED": "offer.rejected"}


@dataclass(frozen=True)
class Announcement:
    """One fact. `subject` is what makes it this fact and no other, so that telling it twice can be known;
    `at` is when it became one."""

    kind: str
    subject: str
    at: str
    ids: Mapping[str, str] = field(default_factory=dict)


def announcements(before: object | None, after: object | None) -> Iterator[Announcement]:
    """The facts that became true when `before` became `after`."""
    match after:
        case Supplier():
            yield from _of_supplier(before, after)
        case Offer():
            yield from _of_offer(before, after)
        case Terms():
            yield from _of_terms(before, after)
        case Product():
            yield from _of_product(before, after)
        case Order() if before is None:
            yield Announcement("order.placed", after.order_id, after.created_at, {"order_id": after.order_id})
        case SupplierOrder():
            yield from _of_supplier_order(before, after)
        case Review():
            yield from _of_review(before, after)


def review_opened(review: Review) -> Announcement:
    """The fact that a case waits for a person."""
    return Announcement("review.opened", review.review_id, review.created_at, _ids_of_review(review))


def _of_supplier(before: object | None, after: Supplier) -> Iterator[Announcement]:
    ids = {"supplier_id": after.supplier_id}
    subject = f"{after.supplier_id}@{after.version}"
    if before is None:
        yield Announcement("supplier.registered", subject, after.created_at, ids)
    old = before.status if isinstance(before, Supplier) else None
    if after.status != old and after.status in _OF_SUPPLIER:
        yield Announcement(_OF_SUPPLIER[after.status], subject, after.updated_at, ids)


def _of_offer(before: object | None, after: Offer) -> Iterator[Announcement]:
    old = before.acceptance if isinstance(before, Offer) else None
    if after.acceptance != old and after.acceptance in _OF_OFFER:
        ids = {"offer_id": after.offer_id, "supplier_id": after.supplier_id}
        subject = f"{after.offer_id}@{after.version}"
        yield Announcement(_OF_OFFER[after.acceptance], subject, after.updated_at, ids)


def _of_terms(before: object | None, after: Terms) -> Iterator[Announcement]:
    was, now = isinstance(before, Terms) and not before.blocks, not after.blocks
    if was == now:
        return
    ids = {"offer_id": after.offer_id, "supplier_id": after.supplier_id}
    if after.product_id:
        ids["product_id"] = after.product_id
    kind = "offer.activated" if now else "offer.deactivated"
    yield Announcement(kind, f"{after.offer_id}@{after.version}", after.updated_at, ids)


def _of_product(before: object | None, after: Product) -> Iterator[Announcement]:
    """Another offer is featured, or one where there was none, or none any more (without `offer_id`)."""
    was = before.featured_offer_id if isinstance(before, Product) else None
    if after.featured_offer_id == was:
        return
    ids = {"product_id": after.product_id}
    if after.offers_view:
        ids |= {name: after.offers_view[0][name] for name in ("offer_id", "supplier_id")}
    subject = f"{after.product_id}@{after.view_version}"
    yield Announcement("product.featured_changed", subject, after.updated_at, ids)


def _of_supplier_order(before: object | None, after: SupplierOrder) -> Iterator[Announcement]:
    old = {line.line_id: line for line in before.lines} if isinstance(before, SupplierOrder) else {}
    ids = {
        "order_id": after.order_id,
        "supplier_order_id": after.supplier_order_id,
        "supplier_id": after.supplier_id,
    }
    for line in after.lines:
        had = old.get(line.line_id)
        if line.status in _OF_LINE and (had is None or had.status != line.status):
            about = {**ids, "line_id": line.line_id}
            if line.acceptance_code:
                about["code"] = line.acceptance_code
            yield Announcement(_OF_LINE[line.status], line.line_id, after.updated_at, about)


def _of_review(before: object | None, after: Review) -> Iterator[Announcement]:
    if after.status == "RESOLVED" and isinstance(before, Review) and before.status != "RESOLVED":
        ids = _ids_of_review(after) | {"code": after.resolution or ""}
        yield Announcement("review.resolved", after.review_id, after.updated_at, ids)


def _ids_of_review(review: Review) -> dict[str, str]:
    return {"review_id": review.review_id, "supplier_id": review.supplier_id}
