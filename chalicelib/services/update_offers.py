"""Up to 1,000 partial updates of stock and prices in one request, each with its own result."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from chalicelib import clock
from chalicelib.bodies import faults
from chalicelib.bodies.offer_update import OfferUpdateSchema
from chalicelib.domain.dated import APPLIED, STALE, UNCHANGED, Dated
from chalicelib.problems import FieldProblem, Unprocessable
from chalicelib.services import set_stock, supplier_records, update_prices, update_stock
from chalicelib.services.row_updates import CONTENTION, INVALID, NOT_FOUND, WITHDRAWN, Result
from chalicelib.services.update_prices import NAMES
from chalicelib.services.update_stock import Count

T = TypeVar("T")
Row = dict[str, Any]

MAX_UPDATES = 1_000
RESULTS = (APPLIED, UNCHANGED, STALE, NOT_FOUND, WITHDRAWN, INVALID, CONTENTION)

_GRAVEST = (INVALID, NOT_FOUND, WITHDRAWN, CONTENTION, STALE, APPLIED, UNCHANGED)
_ROW = OfferUpdateSchema()
_MOST_FAULTS = 10
"""Of one row that are told: an answer holds those of a thousand rows."""


def update(supplier_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """Apply the rows as if one after the other and say what became of each.

    Stock counts at once; a price of an accepted offer when validation has accepted it. Each kind of value has
    its own `as_of`: an update older than what is known of that kind is STALE, and the same again UNCHANGED. A
    row that is wrong stops no other. Raises NotFound, Conflict (SUPPLIER_CLOSED).
    """
    supplier = supplier_records.existing(supplier_id)
    supplier_records.refuse_closed(supplier)
    parsed = [_parsed(row) for row in rows]
    of_stock = _results(parsed, _count, partial(update_stock.update, supplier_id))
    of_price = _results(parsed, _prices, partial(update_prices.update, supplier))
    shown = [
        _shown(place, row, {"stock": of_stock.get(place), "price": of_price.get(place)}, parsed[place])
        for place, row in enumerate(rows)
    ]
    return {"results": shown, "counts": dict(Counter(each["result"] for each in shown))}


def _results(
    rows: Sequence[Row | Result],
    of_row: Callable[[Row], T | None],
    apply: Callable[[list[tuple[str, T]]], list[Result]],
) -> dict[int, Result]:
    """What became of one kind of value, by the place of its row; rows without one are left out."""
    sent = {
        place: (row["sku"], value)
        for place, row in enumerate(rows)
        if not isinstance(row, Result) and (value := of_row(row)) is not None
    }
    return dict(zip(sent, apply(list(sent.values())), strict=True))


def _count(row: Row) -> Count | None:
    return Count(row["quantity"], row["as_of"]) if "quantity" in row else None


def _prices(row: Row) -> Dated | None:
    prices = {name: row[name] for name in NAMES if name in row}
    return Dated(prices, row["as_of"]) if prices else None


def _parsed(row: Any) -> Row | Result:
    """The row with its time, or why it is INVALID."""
    try:
        loaded = faults.load(_ROW, row)
    except Unprocessable as refused:
        return Result(INVALID, refused.errors)
    loaded.setdefault("as_of", clock.timestamp())
    if set_stock.is_of_the_future(loaded["as_of"]):
        return Result(INVALID, (set_stock.FROM_THE_FUTURE,))
    return loaded


def _shown(place: int, sent: Any, kinds: Mapping[str, Result | None], parsed: Row | Result) -> dict[str, Any]:
    applied = {kind: result for kind, result in kinds.items() if result is not None}
    found = [parsed] if isinstance(parsed, Result) else list(applied.values())
    sku = sent.get("sku") if isinstance(sent, dict) else None
    view: dict[str, Any] = {
        "index": place,
        "sku": sku if isinstance(sku, str) else None,
        "result": min((each.code for each in found), key=_GRAVEST.index),
        **{kind: result.code for kind, result in applied.items()},
    }
    told = [fault for each in found for fault in each.faults][:_MOST_FAULTS]
    return view | {"errors": [_told(fault, place, sent) for fault in told]} if told else view


def _told(fault: FieldProblem, place: int, sent: Any) -> dict[str, str]:
    """The fault as one of the request: of the row as a whole where the field is one that it did not send."""
    name = fault.pointer.split("/")[1] if fault.pointer else ""
    missing = isinstance(sent, dict) and name not in sent and fault.code != "MISSING_FIELD"
    pointer = f"/updates/{place}" + ("" if missing else fault.pointer)
    return {"pointer": pointer, "code": fault.code, "detail": fault.detail}
