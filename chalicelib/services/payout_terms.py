"""On what terms a supplier is paid, as administrators set them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import PayoutTerms
from chalicelib.problems import FieldProblem, StaleVersion, Unprocessable
from chalicelib.services import supplier_records
from chalicelib.services.commits import commit
from chalicelib.services.versions import Expected
from chalicelib.storage import payouts
from chalicelib.storage.errors import WriteRefused

_MILLION = 1_000_000


def read(supplier_id: str) -> dict[str, Any]:
    """The supplier's terms; before any were set, those that hold all the same. Raises NotFound."""
    supplier_records.existing(supplier_id)
    return _view(payouts.get_terms(supplier_id))


def put(supplier_id: str, body: Mapping[str, Any], *, by: str, expected: Expected | None) -> dict[str, Any]:
    """Set them. They hold from the next statement on. Raises NotFound, StaleVersion, Unprocessable for two
    minimums in one currency."""
    supplier_records.existing(supplier_id)
    before = payouts.get_terms(supplier_id)
    if expected is not None:
        expected.check(before.version or None)
    terms = PayoutTerms(
        supplier_id=supplier_id,
        kyb=body["kyb"],
        hold_reason=body.get("hold_reason"),
        minimums=_minimums(body.get("minimums", [])),
        reserve_ppm=_ppm(body.get("reserve_percent")),
        set_by=by,
        note=body.get("note"),
        updated_at=clock.timestamp(),
    )
    try:
        commit(payouts.setting_terms(terms, expected_version=before.version))
    except WriteRefused as refused:
        raise StaleVersion from refused
    telemetry.log("PAYOUT_TERMS_SET", supplier_id=supplier_id, version=before.version + 1)
    return _view(replace(terms, version=before.version + 1))


def _minimums(sent: list[Mapping[str, Any]]) -> dict[str, int]:
    amounts = [Money.parse(each) for each in sent]
    twice = [
        FieldProblem(f"/minimums/{place}/currency", "DUPLICATE", "There is one minimum in a currency.")
        for place, amount in enumerate(amounts)
        if amount.currency in {each.currency for each in amounts[:place]}
    ]
    if twice:
        raise Unprocessable("INVALID_BODY", "A currency is named twice.", errors=twice)
    return {amount.currency: amount.minor for amount in amounts}


def _ppm(percent: str | None) -> int | None:
    """The text of a percentage with at most four decimals, as millionths."""
    if percent is None:
        return None
    whole, _, decimals = percent.partition(".")
    return int(whole) * 10_000 + int(decimals.ljust(4, "0") or 0)


def _view(terms: PayoutTerms) -> dict[str, Any]:
    reserve = (
        None if terms.reserve_ppm is None else f"{terms.reserve_ppm / 10_000:.4f}".rstrip("0").rstrip(".")
    )
    view = {
        "supplier_id": terms.supplier_id,
        "kyb": terms.kyb,
        "hold_reason": terms.hold_reason,
        "minimums": [Money(minor, currency).as_json() for currency, minor in sorted(terms.minimums.items())],
        "reserve_percent": reserve,
        "note": terms.note,
        "set_by": terms.set_by,
        "version": terms.version,
        "updated_at": terms.updated_at or None,
    }
    return {name: value for name, value in view.items() if value is not None}
