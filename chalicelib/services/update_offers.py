"""Up to 1,000 partial updates of stock and prices in one request, each with its own result."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib import clock
from chalicelib.bodies import faults
from chalicelib.bodies.offer_update import OfferUpdateSchema
from chalicelib.domain.dated import APPLIED, STALE, UNCHANGED, Dated
from chalicelib.problems import FieldProblem, Unprocessable
from chalicelib.services import set_stock, supplier_records, update_prices, update_stock
from chalicelib.services.row_updates import CONTENTION, INVALID, NOT_FOUND, WITHDRAWN, Result
from chalicelib.services.update_prices import NAMES
from chalicelib.services.update_stock import Count

MAX_UPDATES = 1_000
RESULTS = (APPLIED, UNCHANGED, STALE, NOT_FOUND, WITHDRAWN, INVALID, CONTENTION)

_GRAVEST = (INVALID, NOT_FOUND, WITHDRAWN, CONTENTION, STALE, APPLIED, UNCHANGED)
_ROW = OfferUpdateSchema()


def update(supplier_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """Apply the rows as if one after the other and say what became of each.

    Stock counts at once; a price of an accepted offer when validation has accepted it. Each kind of value has
    its own `as_of`: an update older than what is known of that kind is STALE, and the same again UNCHANGED. A
    row that is wrong stops no other. Raises NotFound, Conflict (SUPPLIER_CLOSED).
    """
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    parsed = [_parsed(row) for row in rows]
    valid = {place: row for place, row in enumerate(parsed) if isinstance(row, dict)}
    counted = {
        place: (row["sku"], Count(row["quantity"], row["as_of"]))
        for place, row in valid.items()
        if "quantity" in row
    }
    priced = {
        place: (row["sku"], Dated({name: row[name] for name in NAMES if name in row}, row["as_of"]))
        for place, row in valid.items()
        if row.keys() & set(NAMES)
    }
    of_stock = dict(zip(counted, update_stock.update(supplier_id, list(counted.values())), strict=True))
    of_price = dict(zip(priced, update_prices.update(supplier, list(priced.values())), strict=True))
    shown = [
        _shown(
            place,
            rows[place],
            row if isinstance(row, Result) else None,
            of_stock.get(place),
            of_price.get(place),
        )
        for place, row in enumerate(parsed)
    ]
    return {"results": shown, "counts": dict(Counter(each["result"] for each in shown))}


def _parsed(row: Any) -> dict[str, Any] | Result:
    """The row with its time, or why it is INVALID."""
    try:
        loaded = faults.load(_ROW, row)
    except Unprocessable as refused:
        return Result(INVALID, refused.errors)
    loaded.setdefault("as_of", clock.timestamp())
    if set_stock.is_of_the_future(loaded["as_of"]):
        return Result(INVALID, (set_stock.FROM_THE_FUTURE,))
    return loaded


def _shown(
    place: int, row: Any, refused: Result | None, of_stock: Result | None, of_price: Result | None
) -> dict[str, Any]:
    found = [each for each in (refused, of_stock, of_price) if each is not None]
    view: dict[str, Any] = {
        "index": place,
        "sku": row.get("sku") if isinstance(row, dict) and isinstance(row.get("sku"), str) else None,
        "result": min((each.code for each in found), key=_GRAVEST.index),
    }
    view |= {"stock": of_stock.code} if of_stock else {}
    view |= {"price": of_price.code} if of_price else {}
    errors = [
        replace(fault, pointer=f"/updates/{place}{fault.pointer}") for each in found for fault in each.faults
    ]
    if errors:
        view["errors"] = [_fault(each) for each in errors]
    return view


def _fault(fault: FieldProblem) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
