"""What the body of an order says of money."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain import line_charges
from chalicelib.domain.allotment import WantedLine
from chalicelib.domain.line_charges import OF_LINE, Charges, InvalidCharges
from chalicelib.domain.money import Money, total
from chalicelib.problems import FieldProblem, Unprocessable

MAX_LINES = 40
"""Each line may need its own offer, supplier order and supplier: a transaction holds 100 items."""

_FAULTS = {
    "MISSING_FIELD": "What one line says of its shipping or tax, all do.",
    "TOTAL_MISMATCH": "The lines come to another sum.",
    "TAX_TOO_HIGH": "No price holds more tax than it is.",
}


def wanted_lines(body: Mapping[str, Any]) -> list[WantedLine]:
    """The lines with their shares of shipping and tax.

    Raises Unprocessable unless everything is in the order's currency and adds up and, where the expected
    prices are the real ones, the authorisation covers it.
    """
    lines = body["lines"]
    if len(lines) > MAX_LINES:
        raise _invalid("/lines", "TOO_MANY_LINES", f"An order has at most {MAX_LINES} lines.")
    _check_currencies(body)
    prices = [Money.parse(line["expected_price"]) for line in lines]
    wanted = [
        WantedLine(
            quantity=line["quantity"],
            expected_price=price,
            offer_id=line.get("offer_id"),
            product_id=line.get("product_id"),
            charges=its,
        )
        for line, price, its in zip(lines, prices, _charges(body, prices), strict=True)
    ]
    goods = total((line.expected_price * line.quantity for line in wanted), body["currency"])
    if not (body.get("promise") or {}).get("max_unit_price") and goods > for_goods(body, wanted):
        raise authorised_too_little(body, wanted, goods)
    return wanted


def for_goods(body: Mapping[str, Any], wanted: Sequence[WantedLine]) -> Money:
    """What is authorised beside shipping, and beside a tax that prices do not hold."""
    beside = line_charges.beside_goods(
        [line.charges for line in wanted], tax_included=body.get("tax_included", False)
    )
    return Money.parse(body["payment"]["authorized_amount"]) - Money(beside, body["currency"])


def authorised_too_little(
    body: Mapping[str, Any], wanted: Sequence[WantedLine], goods: Money
) -> Unprocessable:
    """The refusal of an order whose goods cost so much."""
    authorized = Money.parse(body["payment"]["authorized_amount"])
    needed = (goods - for_goods(body, wanted) + authorized).as_json()
    detail = f"The order's total is {needed['amount']} {needed['currency']}."
    return _invalid("/payment/authorized_amount", "AUTHORIZATION_TOO_LOW", detail)


def _check_currencies(body: Mapping[str, Any]) -> None:
    currency = body["currency"]
    foreign = [
        FieldProblem(f"{pointer}/currency", "CURRENCY_MISMATCH", f"The order is in {currency}.")
        for pointer, amount in _amounts(body).items()
        if amount and amount["currency"] != currency
    ]
    if foreign:
        raise Unprocessable("INVALID_BODY", "All amounts of an order are in its currency.", errors=foreign)


def _amounts(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any] | None]:
    """Every amount of the body, by where it stands."""
    of_lines = {
        f"/lines/{index}/{name}": line.get(name)
        for index, line in enumerate(body["lines"])
        for name in ("expected_price", *OF_LINE)
    }
    return {
        **of_lines,
        "/shipping": body.get("shipping"),
        "/tax": body.get("tax"),
        "/payment/authorized_amount": body["payment"]["authorized_amount"],
        "/promise/max_unit_price": (body.get("promise") or {}).get("max_unit_price"),
    }


def _charges(body: Mapping[str, Any], prices: Sequence[Money]) -> tuple[Charges, ...]:
    goods = [price.minor * line["quantity"] for price, line in zip(prices, body["lines"], strict=True)]
    try:
        return line_charges.charges_of(body, goods)
    except InvalidCharges as error:
        errors = [FieldProblem(pointer, code, _FAULTS[code]) for pointer, code in error.faults]
        raise Unprocessable(
            "INVALID_BODY", "What lines and order say of shipping and tax does not fit.", errors=errors
        ) from error


def _invalid(pointer: str, code: str, detail: str) -> Unprocessable:
    return Unprocessable(code, detail, errors=[FieldProblem(pointer, code, detail)])
