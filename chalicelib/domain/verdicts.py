"""What a validation's outcome, or a person's decision, makes of a record's status."""

from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.supplier import AUTOMATIC, INCOMPLETE_PROFILE, MANUAL, Standing, Supplier, check_move

_CLOSED = ("REJECTED", "TERMINATED")


def supplier_status(supplier: Supplier, *, doubtful: bool, asked: bool = False) -> Standing:
    """The status and suspension type after validation; `asked`: the supplier is to settle something itself.

    An open supplier whose changed profile is doubtful is suspended until a person has looked; it opens
    again when the profile is in order. A suspension for any other reason is not validation's to end.
    """
    status, suspension = _supplier_status(supplier, doubtful=doubtful, asked=asked)
    check_move(supplier.status, status)
    return status, suspension


def _supplier_status(supplier: Supplier, *, doubtful: bool, asked: bool) -> Standing:
    if supplier.status in _CLOSED or _is_suspended_by_hand(supplier):
        return supplier.status, supplier.suspension_type
    if not doubtful and not asked:
        return "OPEN", None
    if supplier.status in ("OPEN", "SUSPENDED"):
        return "SUSPENDED", INCOMPLETE_PROFILE
    return ("PENDING_APPROVAL" if doubtful else "ONBOARDING"), None


def reviewed_supplier_status(supplier: Supplier, *, decision: str) -> Standing:
    """The status and suspension type after a person's decision on a case.

    A case on a supplier that was open before is about its changed profile: approved, it opens again;
    rejected, it stays suspended, now by hand.
    """
    status, suspension = _reviewed_supplier_status(supplier, decision)
    check_move(supplier.status, status)
    return status, suspension


def _reviewed_supplier_status(supplier: Supplier, decision: str) -> Standing:
    if supplier.status in _CLOSED or _is_suspended_by_hand(supplier):
        return supplier.status, supplier.suspension_type
    if decision == "APPROVED":
        return "OPEN", None
    if supplier.status == "SUSPENDED":
        return "SUSPENDED", MANUAL if decision == "REJECTED" else INCOMPLETE_PROFILE
    if supplier.status == "OPEN":
        return supplier.status, supplier.suspension_type
    return ("REJECTED" if decision == "REJECTED" else "ONBOARDING"), None


def _is_suspended_by_hand(supplier: Supplier) -> bool:
    return supplier.status == "SUSPENDED" and supplier.suspension_type != INCOMPLETE_PROFILE


def suspended(supplier: Supplier) -> Standing:
    """The standing after an administrator has suspended it, whatever else it is suspended for. Raises
    IllegalMove where it never was open."""
    check_move(supplier.status, "SUSPENDED")
    return "SUSPENDED", MANUAL


def suspended_by_rule(supplier: Supplier) -> Standing:
    """The standing after a rule has found that it serves too badly; only an open supplier is suspended so."""
    return ("SUSPENDED", AUTOMATIC) if supplier.is_open else supplier.standing


def reinstated(supplier: Supplier, *, in_order: bool) -> Standing:
    """The standing after an administrator has lifted the suspension. A profile that is not in order is what
    it stays suspended for, until validation or a review ends that. Raises IllegalMove."""
    if supplier.status not in ("OPEN", "SUSPENDED"):
        raise IllegalMove("supplier", supplier.status, "OPEN")
    return ("OPEN", None) if supplier.is_open or in_order else ("SUSPENDED", INCOMPLETE_PROFILE)


def terminated(supplier: Supplier) -> Standing:
    """The standing after an administrator has ended it for good. Raises IllegalMove."""
    check_move(supplier.status, "TERMINATED")
    return "TERMINATED", None


def may_be_reviewed(supplier: Supplier) -> bool:
    """Whether a doubt about this supplier still matters to anybody."""
    return supplier.status not in _CLOSED


def offer_acceptance(*, doubtful: bool, asked: bool = False) -> str:
    """An offer's acceptance after validation; `asked`: the supplier is to settle something itself."""
    if doubtful:
        return "TO_REVIEW"
    return "CHANGES_REQUESTED" if asked else "ACCEPTED"
