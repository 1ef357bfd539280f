"""An order as Shopify tells of it (webhook `orders/create`), as the body that places it here.

A line's SKU holds what is ordered: an `offer_id`, or a `product_id` to let allocation choose. Nothing else of
a line can: names are ambiguous, and properties are the shopper's to set. Amounts are in the shop's currency.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib.domain.errors import InvalidMoney
from chalicelib.domain.line_charges import OF_LINE
from chalicelib.domain.money import Money, currency_digits
from chalicelib.domain.shares import spread

PAID = ("paid", "authorized")
UNPAID = ("pending",)
_KINDS = {"off_": "offer_id", "prd_": "product_id"}
_POINTERS = {
    "/currency": "/currency",
    "/lines": "/line_items",
    "/ship_to": "/shipping_address",
    "/ship_to/name": "/shipping_address/name",
    "/ship_to/phone": "/shipping_address/phone",
    "/ship_to/address/line1": "/shipping_address/address1",
    "/ship_to/address/line2": "/shipping_address/address2",
    "/ship_to/address/city": "/shipping_address/city",
    "/ship_to/address/region": "/shipping_address/province",
    "/ship_to/address/postal_code": "/shipping_address/zip",
    "/ship_to/address/country": "/shipping_address/country_code",
    "/contact/email": "/email",
    "/payment/authorized_amount": "/total_price",
    "/shipping": "/shipping_lines",
    "/tax": "/total_tax",
}
_OF_LINE = {
    "offer_id": "sku",
    "product_id": "sku",
    "expected_price": "price",
    "quantity": "quantity",
    "tax": "tax_lines",
}

Fault = tuple[str, str, str]
"""A JSON pointer into Shopify's order, a code, and what to do."""


class InvalidOrder(ValueError):
    """The order cannot be one of ours, with every reason."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = tuple(faults)


def order_body(order: Mapping[str, Any], *, shop: str) -> dict[str, Any]:
    """The body of `POST /orders`. Raises InvalidOrder."""
    faults = list(_faults(order))
    if faults:
        raise InvalidOrder(faults)
    currency = order["currency"]
    address = order["shipping_address"]
    body = {
        "currency": currency,
        "lines": [
            _line(line, currency) | charges
            for line, charges in zip(order["line_items"], _charges(order), strict=True)
        ],
        "ship_to": _known(
            name=address.get("name"), phone=address.get("phone"), address=_known(**_address(address))
        ),
        "contact": _known(email=order.get("email") or order.get("contact_email")),
        "shipping": _shipping(order).as_json(),
        "tax": _amount(order.get("total_tax") or "0", currency).as_json(),
        "tax_included": bool(order.get("taxes_included")),
        "payment": {
            "reference": f"shopify:{shop}:{order['id']}",
            "authorized_amount": _amount(order["total_price"], currency).as_json(),
        },
        "channel_reference": f"shopify:{shop}:{order['id']}",
    }
    if order["financial_status"] in UNPAID:
        body["payment"]["confirmed"] = False
    return body


def pointer_to(pointer: str) -> str:
    """Where Shopify's order says what stands at `pointer` in the body that was made of it."""
    parts = pointer.split("/")
    if parts[1:2] == ["lines"] and len(parts) > 2:
        name = _OF_LINE.get(parts[3]) if len(parts) > 3 else None
        return "/".join(filter(None, ["/line_items", parts[2], name]))
    while pointer and pointer not in _POINTERS:
        pointer = pointer.rpartition("/")[0]
    return _POINTERS.get(pointer, "")


def _faults(order: Mapping[str, Any]) -> Iterator[Fault]:
    if order.get("test"):
        yield "/test", "TEST_ORDER", "Nobody pays for a test order; suppliers would ship it all the same."
    if order["financial_status"] not in (*PAID, *UNPAID):
        yield "/financial_status", "NOT_PAYABLE", "Only what is paid, authorised or pending is ordered."
    amounts = list(_amount_faults(order))
    yield from amounts
    for index, line in enumerate(order["line_items"]):
        if (line.get("sku") or "")[:4] not in _KINDS:
            yield f"/line_items/{index}/sku", "UNKNOWN_OFFER", "A SKU holds an offer_id or a product_id."
    if not amounts:
        yield from _total_faults(order)


def _amount_faults(order: Mapping[str, Any]) -> Iterator[Fault]:
    currency = order["currency"]
    try:
        currency_digits(currency)
    except InvalidMoney as error:
        yield "/currency", "INVALID_VALUE", f"{error}."
        return
    amounts = {"/total_price": order["total_price"], "/total_tax": order.get("total_tax") or "0"}
    amounts |= {f"/line_items/{n}/price": line["price"] for n, line in enumerate(order["line_items"])}
    for n, each in enumerate(_shipping_lines(order)):
        amounts[f"/shipping_lines/{n}/price"] = each["price"]
        for m, discount in enumerate(each.get("discount_allocations") or ()):
            amounts[f"/shipping_lines/{n}/discount_allocations/{m}/amount"] = discount["amount"]
    for pointer, text in amounts.items():
        try:
            _amount(text, currency)
        except InvalidMoney as error:
            yield pointer, "INVALID_VALUE", f"{error}."


def _total_faults(order: Mapping[str, Any]) -> Iterator[Fault]:
    currency = order["currency"]
    total = _shipping(order)
    if not order.get("taxes_included"):
        total += _amount(order.get("total_tax") or "0", currency)
    for line in order["line_items"]:
        total += _amount(line["price"], currency) * line["quantity"]
    if total != _amount(order["total_price"], currency):
        needed = total.as_json()["amount"]
        detail = (
            f"Lines, shipping and tax come to {needed}; discounts on goods, tips and duties cannot be "
            "ordered here."
        )
        yield "/total_price", "TOTAL_MISMATCH", detail


def _line(line: Mapping[str, Any], currency: str) -> dict[str, Any]:
    sku = line["sku"]
    price = _amount(line["price"], currency).as_json()
    return {_KINDS[sku[:4]]: sku, "quantity": line["quantity"], "expected_price": price}


def _address(address: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "line1": address.get("address1"),
        "line2": address.get("address2"),
        "city": address.get("city"),
        "region": address.get("province_code") or address.get("province"),
        "postal_code": address.get("zip"),
        "country": address.get("country_code"),
    }


def _charges(order: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each line says of shipping and tax: Shopify tells the tax on it, and that on shipping, which is
    divided as the shipping is. Nothing where these are not all of the order's tax."""
    lines, currency = order["line_items"], order["currency"]
    try:
        taxes = [_taxes([line], currency) for line in lines]
        shipping_tax = _taxes(_shipping_lines(order), currency)
    except InvalidMoney:
        return [{}] * len(lines)
    if sum(taxes) + shipping_tax != _amount(order.get("total_tax") or "0", currency).minor:
        return [{}] * len(lines)
    goods = [_amount(line["price"], currency).minor * line["quantity"] for line in lines]
    shipping = spread(_shipping(order).minor, goods)
    rows = zip(shipping, taxes, spread(shipping_tax, shipping), strict=True)
    return [
        {name: Money(minor, currency).as_json() for name, minor in zip(OF_LINE, row, strict=True)}
        for row in rows
    ]


def _taxes(lines: Sequence[Mapping[str, Any]], currency: str) -> int:
    """In minor units. Raises InvalidMoney for a part of one."""
    found = (tax["price"] for line in lines for tax in line.get("tax_lines") or ())
    return sum(_amount(price, currency).minor for price in found)


def _shipping_lines(order: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return order.get("shipping_lines") or ()


def _shipping(order: Mapping[str, Any]) -> Money:
    """What shipping costs after its discounts."""
    currency = order["currency"]
    total = Money.zero(currency)
    for each in _shipping_lines(order):
        total += _amount(each["price"], currency)
        for discount in each.get("discount_allocations") or ():
            total -= _amount(discount["amount"], currency)
    return total


def _amount(text: str, currency: str) -> Money:
    """Shopify writes as many decimals as it likes. Raises InvalidMoney for a fraction of a minor unit."""
    digits = currency_digits(currency)
    try:
        minor = Decimal(text).scaleb(digits)
    except InvalidOperation as error:
        raise InvalidMoney("this must be a decimal number") from error
    if not minor.is_finite() or minor != minor.to_integral_value() or not 0 <= minor < 10**15:
        raise InvalidMoney(f"an amount of {currency} has at most {digits} decimal digits")
    return Money(int(minor), currency)


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}
