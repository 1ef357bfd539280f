"""The terms that offers are sold at: small and hot, apart from the offers' content."""

from collections.abc import Iterable, Sequence
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib import clock
from chalicelib.domain import fading
from chalicelib.domain.fees import FeeFacts
from chalicelib.domain.health import GOOD
from chalicelib.domain.money import Money
from chalicelib.domain.offer import PriceWindow, Terms, packed, unpacked
from chalicelib.storage import keys, reads
from chalicelib.storage.items import TermsItem
from chalicelib.storage.transaction import Write, set_or_remove


def get_many(offer_ids: Iterable[str]) -> dict[str, Terms]:
    """The terms that exist, by offer id."""
    found = reads.get_many(keys.terms(offer_id) for offer_id in offer_ids)
    terms = [from_item(item) for item in found.values() if isinstance(item, TermsItem)]
    return {each.offer_id: each for each in terms}


def adding(terms: Terms) -> Write:
    """Write the terms of a new offer. Label `terms:<offer_id>`."""
    return Write(f"terms:{terms.offer_id}", _to_item(terms), TermsItem.pk.does_not_exist())


def changing(
    terms: Terms, *, now: str, stock: tuple[int, str] | None = None, price_as_of: str | None = None
) -> Write:
    """Set everything but stock from `terms`; `stock` (quantity on hand, as of) and the time of the prices
    only where they are given.

    Reservations stand: on hand less reserved becomes what is available. Refused where the stored stock, or
    price, is of a later time than the one given. Label `terms:<offer_id>`.
    """
    actions: list[Action] = [
        TermsItem.title.set(terms.title),
        TermsItem.on_sale.set(not terms.blocks),
        TermsItem.blocks.set(terms.blocks),
        TermsItem.handling_days.set(terms.handling_days),
        TermsItem.condition.set(terms.condition),
        TermsItem.supplier_name.set(terms.supplier_name),
        TermsItem.correlation_id.set(terms.correlation_id),
        TermsItem.updated_at.set(now),
        TermsItem.version.add(1),
        *set_or_remove(TermsItem.product_id, terms.product_id),
        *set_or_remove(TermsItem.gtin, terms.gtin),
        *set_or_remove(TermsItem.price_minor, _minor(terms.price)),
        *set_or_remove(TermsItem.currency, terms.currency),
        *set_or_remove(TermsItem.windows, packed(terms.windows) or None),
        *set_or_remove(TermsItem.shipping_minor, _minor(terms.shipping_price)),
        *set_or_remove(TermsItem.available_from, terms.available_from),
        *set_or_remove(TermsItem.available_until, terms.available_until),
        *set_or_remove(TermsItem.closed_from, terms.closed_from),
        *set_or_remove(TermsItem.closed_until, terms.closed_until),
        *set_or_remove(TermsItem.fee_facts, terms.fee_facts.packed or None),
    ]
    condition = TermsItem.pk.exists()
    if stock is not None:
        quantity, as_of = stock
        actions += _stock_actions(quantity, as_of)
        condition &= TermsItem.stock_as_of <= as_of
    if price_as_of is not None:
        actions.append(TermsItem.price_as_of.set(price_as_of))
        condition &= _was_priced_by(price_as_of)
    return Write(f"terms:{terms.offer_id}", _key(terms.offer_id), condition, actions)


def following_supplier(terms: Terms, following: Terms, *, now: str, correlation_id: str) -> Write:
    """Set what comes from the supplier as `following` has it, where nobody has changed `terms` since, orders
    apart. Label `terms:<offer_id>`."""
    actions = [
        TermsItem.on_sale.set(not following.blocks),
        TermsItem.blocks.set(following.blocks),
        TermsItem.supplier_name.set(following.supplier_name),
        *set_or_remove(TermsItem.supplier_health, _but_good(following.supplier_health)),
        *set_or_remove(TermsItem.closed_from, following.closed_from),
        *set_or_remove(TermsItem.closed_until, following.closed_until),
        *set_or_remove(TermsItem.fee_facts, following.fee_facts.packed or None),
        TermsItem.correlation_id.set(correlation_id),
        TermsItem.updated_at.set(now),
        TermsItem.version.add(1),
    ]
    unchanged = TermsItem.version == terms.version
    return Write(f"terms:{terms.offer_id}", _key(terms.offer_id), unchanged, actions)


def setting_stock(offer_id: str, *, quantity: int, as_of: str, now: str, correlation_id: str) -> Write:
    """Set the quantity on hand as the supplier counted it at `as_of`; refused where the stored count is of a
    later time. Reservations stand. Label `terms:<offer_id>`."""
    actions = [
        *_stock_actions(quantity, as_of),
        TermsItem.correlation_id.set(correlation_id),
        TermsItem.updated_at.set(now),
        TermsItem.version.add(1),
    ]
    condition = TermsItem.pk.exists() & (TermsItem.stock_as_of <= as_of)
    return Write(f"terms:{offer_id}", _key(offer_id), condition, actions)


def confirming_price(offer_id: str, *, as_of: str, now: str) -> Write:
    """Note that the prices sent last are so as of a later time, too. Label `terms:<offer_id>`; refused where
    the stored time is later still."""
    actions = [TermsItem.price_as_of.set(as_of), TermsItem.updated_at.set(now), TermsItem.version.add(1)]
    condition = TermsItem.pk.exists() & _was_priced_by(as_of)
    return Write(f"terms:{offer_id}", _key(offer_id), condition, actions)


def reserving(
    offer_id: str,
    *,
    quantity: int,
    price: Money | None,
    windows: Sequence[PriceWindow] = (),
    now: str,
    correlation_id: str,
) -> Write:
    """Reserve stock for an order, if the offer is on sale `now` and has as much. `price` and `windows` must
    still be what they were when the order's price was taken from them for `now`.
    Label `terms:<offer_id>`, found: Terms as they stood."""
    actions = [
        TermsItem.available.set(TermsItem.available - quantity),
        TermsItem.reserved.set(TermsItem.reserved + quantity),
        TermsItem.correlation_id.set(correlation_id),
        TermsItem.updated_at.set(now),
    ]
    currency = next((each.currency for each in (price, *(window.price for window in windows)) if each), None)
    condition = (
        (TermsItem.on_sale == True)  # noqa: E712 - builds an expression
        & _is(TermsItem.price_minor, _minor(price))
        & _is(TermsItem.currency, currency)
        & _is(TermsItem.windows, packed(windows) or None)
        & (TermsItem.available >= quantity)
        & (TermsItem.available_from.does_not_exist() | (TermsItem.available_from <= now))
        & (TermsItem.available_until.does_not_exist() | (TermsItem.available_until > now))
        & (
            (TermsItem.closed_from.does_not_exist() & TermsItem.closed_until.does_not_exist())
            | (TermsItem.closed_from > now)
            | (TermsItem.closed_until <= now)
        )
    )
    return Write(f"terms:{offer_id}", _key(offer_id), condition, actions, from_item)


def settling(
    offer_id: str,
    *,
    accepted: int,
    released: int,
    lines_accepted: int = 0,
    lines_refused: int = 0,
    now: str,
    correlation_id: str,
) -> Write:
    """End a reservation of `accepted + released`: the first is sold, the second may be ordered again; and
    count the order lines by how the supplier answered. What was sold comes back with less than nothing
    accepted, and what came back is sold after all with less than nothing released. Label `terms:<offer_id>`;
    the caller's order write makes it happen once."""
    one = fading.weight(clock.parse(now))
    actions = [
        TermsItem.reserved.set(TermsItem.reserved - (accepted + released)),
        TermsItem.sold.set(TermsItem.sold + accepted),
        TermsItem.available.set(TermsItem.available + released),
        TermsItem.lines_accepted.add(lines_accepted * one),
        TermsItem.lines_refused.add(lines_refused * one),
        TermsItem.correlation_id.set(correlation_id),
        TermsItem.updated_at.set(now),
    ]
    condition = TermsItem.reserved >= accepted + released
    if accepted < 0:
        condition &= TermsItem.sold >= -accepted
    if released < 0:
        condition &= TermsItem.available >= -released
    return Write(f"terms:{offer_id}", _key(offer_id), condition, actions)


def _stock_actions(quantity: int, as_of: str) -> list[Action]:
    return [TermsItem.available.set(quantity - TermsItem.reserved), TermsItem.stock_as_of.set(as_of)]


def _was_priced_by(as_of: str) -> Condition:
    return TermsItem.price_as_of.does_not_exist() | (TermsItem.price_as_of <= as_of)


def _is(attribute: Attribute[Any], value: object) -> Condition:
    return attribute.does_not_exist() if value is None else attribute == value


def _minor(price: Money | None) -> int | None:
    return price.minor if price else None


def _but_good(health: str) -> str | None:
    """Stored is what is worth telling."""
    return None if health == GOOD else health


def _weighed(lines: float, at: str) -> int:
    return round(lines * fading.weight(clock.parse(at))) if lines else 0


def _faded(sum_of_weights: Any, at: str | None) -> float:
    return fading.faded(int(sum_of_weights), clock.parse(at)) if sum_of_weights and at else 0


def _key(offer_id: str) -> TermsItem:
    return TermsItem(*keys.terms(offer_id))


def _to_item(terms: Terms) -> TermsItem:
    return TermsItem(
        *keys.terms(terms.offer_id),
        offer_id=terms.offer_id,
        supplier_id=terms.supplier_id,
        sku=terms.sku,
        product_id=terms.product_id,
        title=terms.title,
        gtin=terms.gtin,
        price_minor=_minor(terms.price),
        currency=terms.currency,
        windows=packed(terms.windows) or None,
        shipping_minor=_minor(terms.shipping_price),
        available=terms.available,
        reserved=terms.reserved,
        sold=terms.sold,
        lines_accepted=_weighed(terms.lines_accepted, terms.updated_at),
        lines_refused=_weighed(terms.lines_refused, terms.updated_at),
        stock_as_of=terms.stock_as_of,
        on_sale=not terms.blocks,
        blocks=terms.blocks,
        handling_days=terms.handling_days,
        condition=terms.condition,
        supplier_name=terms.supplier_name,
        supplier_health=_but_good(terms.supplier_health),
        available_from=terms.available_from,
        available_until=terms.available_until,
        closed_from=terms.closed_from,
        closed_until=terms.closed_until,
        fee_facts=terms.fee_facts.packed or None,
        price_as_of=terms.price_as_of,
        version=terms.version,
        correlation_id=terms.correlation_id,
        created_at=terms.created_at,
        updated_at=terms.updated_at,
    )


def from_item(item: TermsItem) -> Terms:
    """The terms that a table item holds."""

    def money(minor: Any) -> Money | None:
        return Money(int(minor), item.currency) if minor is not None and item.currency else None

    return Terms(
        offer_id=item.offer_id,
        supplier_id=item.supplier_id,
        sku=item.sku,
        product_id=item.product_id,
        title=item.title,
        gtin=item.gtin,
        price=money(item.price_minor),
        windows=unpacked(item.windows or (), item.currency or ""),
        shipping_price=money(item.shipping_minor),
        available=int(item.available),
        reserved=int(item.reserved),
        sold=int(item.sold),
        lines_accepted=_faded(item.lines_accepted, item.updated_at),
        lines_refused=_faded(item.lines_refused, item.updated_at),
        stock_as_of=item.stock_as_of,
        blocks=tuple(item.blocks),
        handling_days=int(item.handling_days),
        condition=item.condition,
        supplier_name=item.supplier_name,
        supplier_health=item.supplier_health or GOOD,
        available_from=item.available_from,
        available_until=item.available_until,
        closed_from=item.closed_from,
        closed_until=item.closed_until,
        fee_facts=FeeFacts(*(item.fee_facts or ())),
        price_as_of=item.price_as_of,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
