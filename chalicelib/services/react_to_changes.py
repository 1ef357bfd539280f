"""What follows from changes of the table: messages, fresh product views and lists, domain events.

The stream delivers at least once and in order per item; everything here may happen twice. A record that
cannot be handled goes to a dead-letter queue with its keys, and those behind it are handled all the same.
"""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import queues
from chalicelib.clients.events_bus import EventsRefused
from chalicelib.domain import catalogue as lists
from chalicelib.domain.after_sales import Refund, Return
from chalicelib.domain.announce_orders import of_reallocation, was_elsewhere
from chalicelib.domain.announcement import Announcement
from chalicelib.domain.announcements import announcements
from chalicelib.domain.authorizations import Authorizations
from chalicelib.domain.health import SupplierHealth
from chalicelib.domain.imports import Import
from chalicelib.domain.offer import Product, Terms
from chalicelib.domain.order import Order, SupplierOrder
from chalicelib.domain.payouts import Payout
from chalicelib.domain.review import Review
from chalicelib.domain.rule_reversal import RuleReversal
from chalicelib.domain.statements import Statement
from chalicelib.domain.supplier import Supplier
from chalicelib.services import (
    authorize_suppliers,
    follow_supplier,
    move_supplier,
    order_messages,
    tell_webhooks,
)
from chalicelib.services.publish_events import publish
from chalicelib.services.refresh_product import is_current, outdated, refresh
from chalicelib.services.relist_products import relist
from chalicelib.services.tell_webhooks import Fact
from chalicelib.storage import changes, keys, orders
from chalicelib.storage.changes import Change

Record = Mapping[str, Any]

_TOLD_ANEW = Order | SupplierOrder | Return | Refund | Statement | Payout


@dataclass
class _Batch:
    """What the records of one batch ask for together: each product refreshed once, all listed at once, events
    by the ten."""

    failed: dict[int, str] = field(default_factory=dict)
    products: dict[str, list[int]] = field(default_factory=dict)
    written: list[Product | Terms] = field(default_factory=list)
    opened: dict[int, Review] = field(default_factory=dict)
    to_list: dict[int, Change] = field(default_factory=dict)
    told: list[tuple[int, Announcement, str]] = field(default_factory=list)

    def attempt(self, places: Iterable[int], work: Callable[[], object]) -> None:
        """Do the work; where it fails, the records at `places` are the ones that it fails for."""
        try:
            work()
        except EventsRefused as refused:
            self.failed |= {self.told[place][0]: "EventsRefused" for place in refused.events}
        except Exception as error:  # noqa: BLE001 - whatever it is, the records behind must not wait for it
            self.failed |= dict.fromkeys(places, type(error).__name__)


def react(records: Sequence[Record]) -> None:
    """Do what follows from the records of one batch.

    Raises only where a failed record could not even be put on the dead-letter queue: the whole batch must
    come again then.
    """
    batch = _Batch()
    for place, record in enumerate(records):
        batch.attempt([place], lambda place=place, record=record: _follow(batch, place, record))  # type: ignore[misc]
    batch.attempt(batch.opened, lambda: _tell_of(batch.opened.values()))
    for product_id in _outdated(batch):
        places = batch.products[product_id]
        batch.attempt(places, lambda product_id=product_id: refresh(product_id))  # type: ignore[misc]
    batch.attempt(batch.to_list, lambda: _relist(batch.to_list.values()))
    told = [(announcement, correlation) for _, announcement, correlation in batch.told]
    places = [place for place, *_ in batch.told]
    batch.attempt(places, lambda: publish(told))
    batch.attempt(places, lambda: tell_webhooks.tell(_facts_in_order(batch, records)))
    for place, error in sorted(batch.failed.items()):
        _bury(records[place], error)


def _facts_in_order(batch: _Batch, records: Sequence[Record]) -> list[Fact]:
    """What was told, with its place among the facts about the same order or record: the stream numbers
    changes in their order, the same however often it brings them."""
    seen: Counter[int] = Counter()
    facts = []
    for place, announcement, correlation in batch.told:
        told = records[place]["dynamodb"]
        change_number = int(told["SequenceNumber"])
        aggregate = keys.aggregate(keys.Key(told["Keys"]["PK"]["S"], told["Keys"]["SK"]["S"]))
        sequence = f"{change_number:040}#{seen[place]:03}"
        seen[place] += 1
        facts.append(Fact(announcement, correlation, aggregate, sequence))
    return facts


def _outdated(batch: _Batch) -> Collection[str]:
    """The products to refresh. Those that were written together with their terms, as an import writes new
    ones, need not be read to see that they are not. Where all cannot be read at once each is tried for
    itself, so that one that cannot be read stops no other."""
    product_ids = batch.products.keys() - _written_whole(batch.written)
    try:
        return outdated(product_ids) if product_ids else ()
    except Exception as error:  # noqa: BLE001 - whatever it is, it will be met again by those that it concerns
        telemetry.log("PRODUCTS_NOT_COMPARED", error=type(error).__name__)
        return product_ids


def _written_whole(written: Iterable[Product | Terms]) -> set[str]:
    terms = {each.offer_id: each for each in written if isinstance(each, Terms)}
    products = {each.product_id: each for each in written if isinstance(each, Product)}
    return {product_id for product_id, product in products.items() if is_current(product, terms)}


def _follow(batch: _Batch, place: int, record: Record) -> None:
    change = changes.read(record)
    telemetry.bind(change.correlation_id)
    _send_messages(change)
    if (review := _opened(change)) is not None:
        batch.opened[place] = review
    _have_offers_follow(change)
    for product_id in _products_to_refresh(change):
        batch.products.setdefault(product_id, []).append(place)
    if isinstance(change.after, Product | Terms):
        batch.written.append(change.after)
    if _is_listed_otherwise(change):
        batch.to_list[place] = change
    batch.told += [(place, each, change.correlation_id) for each in _facts(change)]


def _facts(change: Change) -> Iterator[Announcement]:
    """What became true. Of a touched order, or of money, the events may have been lost; they carry the ids
    they had."""
    anew = change.touched and isinstance(change.after, _TOLD_ANEW)
    before = None if anew else change.before
    yield from announcements(before, change.after)
    if isinstance(change.after, SupplierOrder) and before is None and was_elsewhere(change.after):
        record = orders.get(change.after.order_id)
        yield from of_reallocation(record, change.after) if record else ()


def _send_messages(change: Change) -> None:
    if isinstance(change.after, SupplierOrder) and _is_to_be_told(change, change.after):
        queues.send(settings.required("DISPATCH_QUEUE_URL"), order_messages.to_tell(change.after))
    match change.after:
        case SupplierOrder() as part if part.attempt.status == "PLANNED" and not part.held_until:
            queues.send(settings.required("DISPATCH_QUEUE_URL"), order_messages.to_dispatch(part))
        case SupplierOrder() as part if any(line.remainder for line in part.lines):
            queues.send(settings.required("REALLOCATION_QUEUE_URL"), order_messages.to_reallocate(part))
        case Import() as import_ if (
            import_.is_active and import_.has_file and (change.before is None or change.touched)
        ):
            message = {"import_id": import_.import_id, "correlation_id": import_.correlation_id}
            queues.send(settings.required("IMPORT_QUEUE_URL"), message)
        case RuleReversal() as reversal if not reversal.is_over and (
            change.before != reversal or change.touched
        ):
            message = {"reversal_id": reversal.reversal_id, "correlation_id": reversal.correlation_id}
            queues.send(settings.required("REVERSAL_QUEUE_URL"), message)


def _is_to_be_told(change: Change, part: SupplierOrder) -> bool:
    """Whether there is a notice to its supplier that no message tells of yet."""
    known = change.before.attempt.notices if isinstance(change.before, SupplierOrder) else 0
    return part.attempt.notice == "DUE" and (change.touched or part.attempt.notices != known)


def _opened(change: Change) -> Review | None:
    """The review that nobody has been told of yet."""
    review = change.after
    if not isinstance(review, Review) or review.notified_at is not None:
        return None
    return review if change.before is None or change.touched else None


def _tell_of(reviews: Iterable[Review]) -> None:
    messages = [{"review_id": each.review_id, "correlation_id": each.correlation_id} for each in reviews]
    if messages:
        queues.send_all(settings.required("REVIEW_QUEUE_URL"), messages)


def _have_offers_follow(change: Change) -> None:
    match change.after:
        case Supplier() as supplier if change.touched or follow_supplier.calls_for_it(
            change.before, supplier
        ):
            follow_supplier.follow(supplier.supplier_id)
        case SupplierHealth() as health:
            _follow_health(change.before, health, touched=change.touched)
        case Authorizations() as authorized if change.key == keys.authorizations() and (
            change.touched or change.before != authorized
        ):
            authorize_suppliers.have_offers_follow()


def _follow_health(before: object | None, health: SupplierHealth, *, touched: bool) -> None:
    was = before if isinstance(before, SupplierHealth) else SupplierHealth(health.supplier_id)
    if touched or was.health != health.health:
        follow_supplier.follow(health.supplier_id)
    if health.suspend_for and (touched or not was.suspend_for):
        move_supplier.suspend_by_rule(health.supplier_id)


def _products_to_refresh(change: Change) -> set[str]:
    """The products that show something else now: the one the terms belong to, and the one they left; one that
    time has changed, which is touched; one whose content is due."""
    before, after = change.before, change.after
    if isinstance(after, Product) and (change.touched or after.is_content_due):
        return {after.product_id}
    if not isinstance(before, Terms) and not isinstance(after, Terms):
        return set()
    if not change.touched and _shown(before) == _shown(after):
        return set()
    return {each.product_id for each in (before, after) if isinstance(each, Terms) and each.product_id}


def _is_listed_otherwise(change: Change) -> bool:
    if not isinstance(change.after, Product):
        return False
    before = lists.card(change.before) if isinstance(change.before, Product) else None
    return change.touched or before != lists.card(change.after)


def _relist(asked_for: Iterable[Change]) -> None:
    products = [(change.after, change.touched) for change in asked_for if isinstance(change.after, Product)]
    touched = {product.product_id for product, is_touched in products if is_touched}
    relist([product for product, _ in products], now=clock.now(), anew=touched)


def _shown(terms: object | None) -> tuple[object, ...] | None:
    """Everything of the terms that a product's view depends on."""
    if not isinstance(terms, Terms):
        return None
    return (
        terms.product_id,
        terms.price,
        terms.windows,
        terms.shipping_price,
        terms.health,
        terms.may_be_ordered,
        terms.blocks,
        terms.handling_days,
        terms.condition,
        terms.supplier_name,
        terms.available_from,
        terms.available_until,
        terms.closed_from,
        terms.closed_until,
        terms.fee_facts,
    )


def _bury(record: Record, error: str) -> None:
    """Put the record's key where an administrator can read it and have the item touched."""
    keys = record.get("dynamodb", {}).get("Keys", {})
    named = [{"pk": keys["PK"]["S"], "sk": keys["SK"]["S"]}] if keys else []
    event_id = str(record.get("eventID", ""))
    telemetry.log("STREAM_RECORD_FAILED", level=logging.ERROR, event_id=event_id, error=error)
    message = {"records": named, "event_id": event_id, "error": error}
    queues.send(settings.required("STREAM_DEAD_LETTERS_URL"), message)
