"""What the commission rules have a supplier pay for what it did not do."""

from collections.abc import Iterator

from chalicelib.domain import penalties, supplier_charges
from chalicelib.domain.ledger import Posting
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.domain.supplier_charges import Charge
from chalicelib.services import fee_rules


def postings(order: Order, before: SupplierOrder, after: SupplierOrder) -> Iterator[Posting]:
    """What the write of `after` over `before` costs the supplier, by the version of the rules that the order
    was placed under. Whoever writes that version posts it, so it is posted once; there is no tax on it."""
    event = penalties.event(before, after)
    if event is None:
        return
    rules = fee_rules.numbered(order.rules_version)
    minor = penalties.amount(rules.besides("penalties"), event, order.currency)
    if minor is None:
        return
    charge = Charge(
        "PENALTY_FEE",
        minor,
        order.currency,
        rules_version=rules.version,
        rule=f"penalties-{event}",
        order_id=order.order_id,
        supplier_order_id=after.supplier_order_id,
        reason=event,
    )
    yield supplier_charges.post(
        charge,
        supplier_id=after.supplier_id,
        at=after.updated_at,
        cause=f"{event}-{after.supplier_order_id}",
    )
