"""Every kind of domain event, and what its data holds. docs/events/ says the same as JSON Schema."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EventType:
    """`data` are the names of what the data always holds, one that ends in `?` of what it may hold. Where a
    record changed, `change` are the names that its `old` and `new` states hold. A name means the same in all
    events. `version` rises when a reader of the one before would not understand it."""

    says: str
    data: tuple[str, ...]
    change: tuple[str, ...] = ()
    version: int = 1


def _type(says: str, data: str, change: str = "") -> EventType:
    return EventType(says, tuple(data.split()), tuple(change.split()))


_STANDING = "status suspension_type?"
_OFFER = "offer_id supplier_id product_id?"
_REVIEW = "review_id supplier_id kind"
_IMPORT = (
    "import_id supplier_id dialect? lines_read lines_in_success lines_in_error lines_with_warning"
    " lines_in_pending"
)
_LINE = "order_id supplier_order_id supplier_id line_id offer_id code?"
_LINE_STATE = "status quantity accepted canceled refused shipped delivered returned"
_PART = "order_id supplier_order_id supplier_id attempt_id"
_PART_STATE = "attempt_status accept_by held_until?"
_RETURN = "order_id supplier_order_id supplier_id return_id of_lines"
_PAYOUT = "payout_id supplier_id period amount"

EVENT_TYPES: Mapping[str, EventType] = {
    "supplier.registered": _type("A supplier has registered.", "supplier_id"),
    "supplier.updated": _type(
        "A supplier's profile was changed. `changed` names its fields; their values are not told.",
        "supplier_id",
        "version",
    ),
    "supplier.opened": _type("A supplier may sell, for the first time or again.", "supplier_id", _STANDING),
    "supplier.held_for_review": _type("A supplier waits for a person.", "supplier_id", _STANDING),
    "supplier.rejected": _type("A supplier was turned away.", "supplier_id", _STANDING),
    "supplier.suspended": _type("A supplier may not sell for now.", "supplier_id", _STANDING),
    "supplier.terminated": _type("A supplier has left for good.", "supplier_id", _STANDING),
    "supplier.health_changed": _type(
        "A supplier serves its orders well, poorly, or cannot be reached; `code` says what decided.",
        "supplier_id code?",
        "health",
    ),
    "offer.held_for_review": _type("An offer waits for a person.", "offer_id supplier_id", "acceptance"),
    "offer.rejected": _type("An offer was turned away.", "offer_id supplier_id", "acceptance"),
    "offer.activated": _type(
        "Nothing but stock and time keeps the offer from being sold any more.",
        f"{_OFFER} price? available",
        "inactivity_reasons",
    ),
    "offer.deactivated": _type(
        "The offer is not for sale any more.", f"{_OFFER} price? available", "inactivity_reasons"
    ),
    "offer.price_changed": _type(
        "An offer on sale has another price, now or in a period to come.",
        _OFFER,
        "price? shipping_price? prices",
    ),
    "offer.stock_changed": _type(
        "The stock of an offer on sale was counted anew, ran out, or is there again. What orders take from a"
        " stock that lasts is told with the orders.",
        _OFFER,
        "available",
    ),
    "product.featured_changed": _type(
        "Another offer is featured. `new` is null where none is any more, `old` where none was.",
        "product_id",
        "offer_id supplier_id price",
    ),
    "order.placed": _type("An order was placed and its stock reserved.", "order_id total lines"),
    "order.changed": _type(
        "An order was changed after it was placed. `changed` names its fields; where it goes and how to reach"
        " the shopper are not told.",
        "order_id",
        "version promise?",
    ),
    "order.payment_confirmed": _type(
        "The payment that the order waited for is confirmed; its suppliers are asked.", "order_id", "status"
    ),
    "order.payment_expired": _type(
        "The payment did not come in time; the order has ended.", "order_id", "status"
    ),
    "order.line_accepted": _type("A supplier has accepted the line, or some of it.", _LINE, _LINE_STATE),
    "order.line_refused": _type("No supplier will ship these pieces of the line.", _LINE, _LINE_STATE),
    "order.line_canceled": _type("The line, or some of it, was canceled.", _LINE, _LINE_STATE),
    "order.line_shipped": _type("More of the line has left its supplier.", _LINE, _LINE_STATE),
    "order.line_received": _type("More of the line has arrived.", _LINE, _LINE_STATE),
    "order.line_closed": _type("The line can be returned no more.", _LINE, _LINE_STATE),
    "order.line_reallocated": _type(
        "Another supplier was asked for the line, or for the rest of one (`split_from`).",
        "order_id line_id split_from? quantity",
        "supplier_id supplier_order_id offer_id unit_price",
    ),
    "order.refunded": _type(
        "Money goes back to the shopper: `amount` in all, with shipping and tax.",
        "order_id supplier_order_id supplier_id refund_id return_id? amount of_lines",
    ),
    "supplier_order.placed": _type("A supplier is to be asked for its part.", _PART, _PART_STATE),
    "supplier_order.accepted": _type("The supplier has taken its part, or some of it.", _PART, _PART_STATE),
    "supplier_order.rejected": _type("The supplier has taken none of its part.", _PART, _PART_STATE),
    "supplier_order.expired": _type("The supplier did not answer in time.", _PART, _PART_STATE),
    "supplier_order.unreachable": _type("The supplier could not be asked.", _PART, _PART_STATE),
    "supplier_order.needs_settlement": _type(
        "The supplier gave an answer that no rule can take; an administrator settles it.",
        _PART,
        _PART_STATE,
    ),
    "supplier_order.late": _type("What was accepted should have left by now.", _PART, _PART_STATE),
    "supplier_order.cancellation_requested": _type(
        "The supplier is asked to let pieces go that it has accepted.", _PART, _PART_STATE
    ),
    "supplier_order.cancellation_accepted": _type(
        "Pieces of its part, or all, are not the supplier's to ship any more.", _PART, _PART_STATE
    ),
    "supplier_order.cancellation_rejected": _type(
        "The supplier ships them all the same.", _PART, _PART_STATE
    ),
    "return.requested": _type("The shopper wants to send pieces back.", _RETURN, "status"),
    "return.accepted": _type("They are on their way back.", _RETURN, "status"),
    "return.received": _type("They are back; `received` says how many.", _RETURN, "status"),
    "return.not_received": _type("They did not come back in time.", _RETURN, "status"),
    "return.closed": _type("Nothing more follows from the return.", _RETURN, "status"),
    "return.refused": _type("The supplier does not take them back.", _RETURN, "status"),
    "return.canceled": _type("They are kept.", _RETURN, "status"),
    "statement.closed": _type(
        "A supplier's statement of a period is made. `withheld` says why not all of the balance is paid out.",
        "statement_id supplier_id period opening_balance total balance carried_over withheld payout_id?",
    ),
    "payout.created": _type("A supplier is to be paid.", _PAYOUT, "status"),
    "payout.paid": _type("The bank has made a payout.", _PAYOUT, "status"),
    "payout.failed": _type(
        "The bank could not make a payout; the money is in the supplier's balance again.", _PAYOUT, "status"
    ),
    "review.opened": _type("A case waits for a person.", _REVIEW),
    "review.resolved": _type("A person has decided on a case.", f"{_REVIEW} code", "status"),
    "import.completed": _type(
        "All rows of a feed have their result; the counters say which.", _IMPORT, "status"
    ),
    "import.failed": _type("A feed could not be read to its end.", f"{_IMPORT} code?", "status"),
    "import.cancelled": _type("A feed was cancelled.", _IMPORT, "status"),
}
