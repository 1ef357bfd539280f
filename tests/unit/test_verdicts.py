"""What validation makes of a record's status."""

import pytest

from chalicelib.domain.supplier import Supplier
from chalicelib.domain.verdicts import may_be_reviewed, offer_acceptance, supplier_status


@pytest.mark.parametrize(
    ("before", "clean", "doubtful"),
    [
        (("ONBOARDING", None), ("OPEN", None), ("PENDING_APPROVAL", None)),
        (("PENDING_APPROVAL", None), ("OPEN", None), ("PENDING_APPROVAL", None)),
        (("OPEN", None), ("OPEN", None), ("SUSPENDED", "INCOMPLETE_PROFILE")),
        (("SUSPENDED", "INCOMPLETE_PROFILE"), ("OPEN", None), ("SUSPENDED", "INCOMPLETE_PROFILE")),
        (("SUSPENDED", "MANUAL"), ("SUSPENDED", "MANUAL"), ("SUSPENDED", "MANUAL")),
        (("SUSPENDED", "AUTOMATIC"), ("SUSPENDED", "AUTOMATIC"), ("SUSPENDED", "AUTOMATIC")),
        (("REJECTED", None), ("REJECTED", None), ("REJECTED", None)),
        (("TERMINATED", None), ("TERMINATED", None), ("TERMINATED", None)),
    ],
)
def test_a_supplier_moves_by_what_validation_found(
    before: tuple[str, str | None], clean: tuple[str, str | None], doubtful: tuple[str, str | None]
) -> None:
    supplier = Supplier("sup_1", {}, status=before[0], suspension_type=before[1])

    assert supplier_status(supplier, doubtful=False) == clean
    assert supplier_status(supplier, doubtful=True) == doubtful


def test_only_a_supplier_that_may_still_open_is_reviewed() -> None:
    assert may_be_reviewed(Supplier("sup_1", {}, status="SUSPENDED"))
    assert not may_be_reviewed(Supplier("sup_1", {}, status="REJECTED"))


def test_an_offer_is_accepted_unless_it_is_doubtful() -> None:
    assert [offer_acceptance(doubtful=doubtful) for doubtful in (False, True)] == ["ACCEPTED", "TO_REVIEW"]
