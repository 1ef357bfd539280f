"""Rows of a feed held against what may be sent: an offer's content, or the issues of a row that is none."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.bodies import faults
from chalicelib.bodies.offer import OfferBodySchema
from chalicelib.domain import pointers
from chalicelib.domain.imports import IN_ERROR, RowResult
from chalicelib.domain.rules.kinds import ERROR
from chalicelib.feeds import Fault, Row
from chalicelib.problems import FieldProblem, Unprocessable
from chalicelib.services import offer_records
from chalicelib.services.seen_skus import SeenSkus

Issue = dict[str, Any]

_BODY = OfferBodySchema()
_SHOWN = 500
MAX_BYTES = 256 * 1024
"""As many as a request may have that puts one offer."""
_MISSING = "MISSING_FIELD"
_WITHOUT = {
    "feed.price_missing": "/price",
    "feed.availability": "/quantity",
    "feed.quantity": "/quantity",
}
"""Which field of the body a row lacks where the reading found this, and told it in the feed's own words."""


@dataclass(frozen=True)
class Sent:
    """What one row sends: the content of the offer of this SKU. `notes` are issues of the row as a row."""

    row: int
    sku: str
    content: dict[str, Any]
    notes: tuple[Issue, ...]
    raw: Mapping[str, Any]


def sorted_out(rows: Iterable[Row], seen: SeenSkus) -> tuple[list[Sent], list[RowResult]]:
    """The rows that are offers, and the results of those that are none or repeat a SKU."""
    sent, refused = [], []
    for row in rows:
        found = _read(row, seen)
        if isinstance(found, Sent):
            sent.append(found)
        else:
            refused.append(RowResult(row.number, row.sku, IN_ERROR, tuple(found), row.raw))
    return sent, refused


def _read(row: Row, seen: SeenSkus) -> Sent | list[Issue]:
    """What the row sends, or what is wrong with it; all of it at once, so that it is mended at once."""
    issues = [_of_fault(fault) for fault in row.faults]
    issues += _of_sku(row, seen)
    content: dict[str, Any] = {}
    if row.offer is not None:
        try:
            content = faults.load(_BODY, row.offer)
            issues += _of_size(content)
        except Unprocessable as refusal:
            issues += [
                _of_problem(problem, row.offer)
                for problem in refusal.errors
                if not _is_told(problem, row.offer, row.faults)
            ]
    if row.sku is None or any(each["severity"] == ERROR for each in issues):
        return issues
    return Sent(row.number, row.sku, content, tuple(issues), row.raw)


def _of_size(content: Mapping[str, Any]) -> list[Issue]:
    """What the table could not hold: more than a request may send, or half a character, as damaged workbooks
    have."""
    try:
        size = len(json.dumps(content, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        message = "The row holds half of a character. Write its texts anew."
        return [issue("offer.characters", "INVALID_ATTRIBUTE", "", message)]
    if size <= MAX_BYTES:
        return []
    return [
        issue("offer.size", "INVALID_ATTRIBUTE", "", f"An offer has at most {MAX_BYTES} bytes; shorten it.")
    ]


def _of_sku(row: Row, seen: SeenSkus) -> list[Issue]:
    if row.sku is None:
        return []
    if not offer_records.is_sku(row.sku):
        return [issue("sku.form", "INVALID_ATTRIBUTE", "/sku", offer_records.SKU_RULE, row.sku)]
    first = seen.first_row(row.sku, row.number)
    if first == row.number:
        return []
    message = f"Row {first} has this SKU already, and was taken. Send one row for each offer."
    return [issue("sku.repeated", "DUPLICATE", "/sku", message, row.sku)]


def _of_fault(fault: Fault) -> Issue:
    found = issue(fault.rule, fault.code, fault.column or "", fault.message, fault.value_seen)
    return {**found, "severity": fault.severity}


def _is_told(problem: FieldProblem, offer: Mapping[str, Any], faults: Iterable[Fault]) -> bool:
    """Whether the reading said already why the field is missing, or still a text that could not be read."""
    value = pointers.find(offer, problem.pointer)
    unread = value.strip() if isinstance(value, str) else ""
    return any(
        _WITHOUT.get(fault.rule) == problem.pointer or (unread and unread == (fault.value_seen or "").strip())
        for fault in faults
        if fault.severity == ERROR
    )


def _of_problem(problem: FieldProblem, offer: Mapping[str, Any]) -> Issue:
    code = "MISSING_ATTRIBUTE" if problem.code == _MISSING else "INVALID_ATTRIBUTE"
    value = pointers.find(offer, problem.pointer)
    seen = None if value is pointers.MISSING or isinstance(value, dict | list) else str(value)[:_SHOWN]
    return issue("offer.body", code, problem.pointer, problem.detail, seen)


def issue(rule: str, code: str, field: str, message: str, value_seen: str | None = None) -> Issue:
    """An ERROR that no rule of validation found, in the form of those that do."""
    return {
        "rule": rule,
        "code": code,
        "severity": ERROR,
        "field": field,
        "message": message,
        "value_seen": value_seen,
        "expected": None,
        "suggested_value": None,
        "auto_correctable": False,
    }
