"""One applied correction is undone, byte for byte, as long as nobody has changed the field since."""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain import reversals
from chalicelib.domain.offer import Offer
from chalicelib.domain.reversals import ALL_RULES, Made
from chalicelib.domain.supplier import Supplier
from chalicelib.problems import Conflict, NotFound
from chalicelib.services import change_supplier, manage_offers
from chalicelib.services.edits import Content, Edit
from chalicelib.storage import offer_terms


def reverse(supplier_id: str, correction_id: str, *, actor: str) -> dict[str, Any]:
    """Undo the correction and give the record as it is read then; it is validated again, and no rule corrects
    the restored value. Undoing it once more changes nothing.

    Raises NotFound, Conflict: CORRECTION_OVERTAKEN, SUPPLIER_CLOSED, OFFER_WITHDRAWN, and SUPPLIER_EXISTS
    where another supplier has taken the tax identity that would come back.
    """
    edit = undoing(correction_id, keeps_out=ALL_RULES, reversal={"at": clock.timestamp(), "by": actor})
    offer_id = ids.offer_of_correction(supplier_id, correction_id)
    if offer_id is None:
        record = change_supplier.rewrite(supplier_id, edit=edit, expected=None)
    else:
        record = manage_offers.rewrite(supplier_id, _sku_of(offer_id), edit=edit, expected=None)
    telemetry.log("CORRECTION_REVERSED", correction_id=correction_id)
    return record


def undoing(correction_id: str, *, keeps_out: str, reversal: Mapping[str, Any]) -> Edit:
    """The edit that undoes this correction of a record."""

    def edit(record: Supplier | Offer, content: Content) -> tuple[dict[str, Any], list[Made]]:
        if isinstance(record, Offer) and record.withdrawn:
            raise Conflict("OFFER_WITHDRAWN", "The offer is withdrawn; there is nothing to put right in it.")
        try:
            return reversals.reverse(
                content, record.corrections, correction_id, keeps_out=keeps_out, reversal=reversal
            )
        except reversals.Overtaken as overtaken:
            raise _overtaken() from overtaken
        except KeyError as unknown:
            raise _overtaken() if correction_id in record.overtaken_corrections else NotFound() from unknown

    return edit


def _sku_of(offer_id: str) -> str:
    terms = offer_terms.get_many([offer_id]).get(offer_id)
    if terms is None:
        raise NotFound
    return terms.sku


def _overtaken() -> Conflict:
    return Conflict(
        "CORRECTION_OVERTAKEN",
        "The field was changed after this correction; undoing it would undo that, too.",
    )
