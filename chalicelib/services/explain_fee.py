"""Why the fee of an order line is what it is, for the supplier that pays it."""

from typing import Any

from chalicelib.problems import NotFound
from chalicelib.services import fee_views
from chalicelib.storage import order_reads


def explain(supplier_id: str, supplier_order_id: str, line_id: str) -> dict[str, Any]:
    """What was decided when the line came to this supplier. Raises NotFound, also for another's."""
    found = order_reads.get_part(supplier_order_id)
    part = found.supplier_order if found else None
    if found is None or part is None or part.supplier_id != supplier_id:
        raise NotFound
    if all(line.line_id != line_id for line in part.lines):
        raise NotFound
    fee = fee_views.fee_of_line(found.order, part, line_id)
    return {"supplier_order_id": supplier_order_id, "line_id": line_id, "fee": fee}
