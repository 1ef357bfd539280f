"""What validation makes of a record's status."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import IllegalMove
from chalicelib.domain.supplier import MOVES, Standing, Supplier, moved
from chalicelib.domain.verdicts import (
    may_be_reviewed,
    offer_acceptance,
    reinstated,
    reviewed_supplier_status,
    supplier_status,
    suspended,
    terminated,
)


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


HAPPENINGS = {
    "clean": lambda supplier: supplier_status(supplier, doubtful=False),
    "doubtful": lambda supplier: supplier_status(supplier, doubtful=True),
    "approved": lambda supplier: reviewed_supplier_status(supplier, decision="APPROVED"),
    "rejected": lambda supplier: reviewed_supplier_status(supplier, decision="REJECTED"),
    "changes requested": lambda supplier: reviewed_supplier_status(supplier, decision="CHANGES_REQUESTED"),
    "suspended": suspended,
    "suspended automatically": lambda supplier: (
        supplier.status,
        "AUTOMATIC" if is_suspended(supplier) else None,
    ),
    "reinstated": lambda supplier: reinstated(supplier, in_order=True),
    "reinstated with doubts": lambda supplier: reinstated(supplier, in_order=False),
    "terminated": terminated,
}


def is_suspended(supplier: Supplier) -> bool:
    return supplier.status == "SUSPENDED"


def after(supplier: Supplier, happening: str) -> Supplier:
    try:
        standing: Standing = HAPPENINGS[happening](supplier)
        return moved(supplier, standing, by=happening, reason=None, at="now")
    except IllegalMove:
        return supplier


@given(st.lists(st.sampled_from(sorted(HAPPENINGS)), max_size=40))
def test_whatever_happens_a_supplier_moves_legally_and_only_a_person_ends_what_a_person_did(
    happenings: list[str],
) -> None:
    supplier = Supplier("sup_1", {})
    for happening in happenings:
        before, supplier = supplier, after(supplier, happening)
        assert supplier.status == before.status or supplier.status in MOVES[before.status]
        assert is_suspended(supplier) == (supplier.suspension_type is not None)
        assert after(supplier, happening).standing == supplier.standing or happening in ("clean", "approved")
        if is_suspended(before) and before.suspension_type != "INCOMPLETE_PROFILE" and before != supplier:
            assert happening in ("suspended", "suspended automatically", "terminated") or (
                "reinstated" in happening
            )
        if before != supplier:
            assert supplier.history[-1]["by"] == happening
            assert supplier.history[-1]["status"] == supplier.status


def test_a_history_keeps_the_latest_moves() -> None:
    supplier = Supplier("sup_1", {}, status="OPEN")
    for number in range(150):
        standing = suspended(supplier) if number % 2 == 0 else reinstated(supplier, in_order=True)
        supplier = moved(supplier, standing, by=str(number), reason="r", at="t")

    assert [entry["by"] for entry in supplier.history] == [str(number) for number in range(50, 150)]


def test_staying_leaves_no_trace() -> None:
    supplier = replace(Supplier("sup_1", {}), status="SUSPENDED", suspension_type="MANUAL")

    assert moved(supplier, suspended(supplier), by="x", reason="again", at="t") is supplier
