"""What an import would find, with nothing stored: the import's own judgement without its writes."""

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.imports import PENDING, Counters, RowResult
from chalicelib.domain.supplier import Supplier
from chalicelib.feeds import FeedRefused, Options, Row, open_feed
from chalicelib.services import feed_rows, import_chunks, import_records, offer_records, supplier_records
from chalicelib.services.feed_rows import Sent
from chalicelib.services.judge_offers import candidates, judged
from chalicelib.services.read_imports import MAX_BYTES, fitting, shown_issue
from chalicelib.services.seen_skus import SeenSkus

MAX_ROWS = 1_000
"""What fits the time of an answer; `complete` is false where a feed has more, or more issues than fit."""

_IMAGE_SECONDS = 12.0
_NO_SKU = "/"
"""Stands for a SKU that is still to be chosen; no SKU has a slash."""

Found = tuple[RowResult, Sequence[Mapping[str, Any]]]
"""What would become of a row, and its corrections."""


def of_offer(supplier_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The report on one offer, by its body and its `sku` if it has one. Raises NotFound, Unprocessable."""
    supplier = supplier_records.existing(supplier_id)
    sku = body.get("sku")
    if sku is not None:
        offer_records.check_sku(sku)
    content = {name: value for name, value in body.items() if name != "sku"}
    found = _found([Sent(1, sku or _NO_SKU, content, (), {})], supplier)
    return _report([(replace(result, sku=sku), made) for result, made in found])


def of_feed(supplier_id: str, content: bytes, *, media_type: str) -> dict[str, Any]:
    """The report on a feed's rows, the first MAX_ROWS of them. Raises NotFound."""
    supplier = supplier_records.existing(supplier_id)
    options = Options(country=supplier.profile.get("country"))
    rows: list[Row] = []
    try:
        feed = open_feed(io.BytesIO(content), media_type=media_type, options=options)
    except FeedRefused as refused:
        return _report([], failure=import_records.failure_of(refused))
    failure = None
    try:
        for row in itertools.islice(feed.rows, MAX_ROWS + 1):
            rows.append(row)
    except FeedRefused as refused:
        failure = import_records.failure_of(refused)
    sent, refusals = feed_rows.sorted_out(rows[:MAX_ROWS], SeenSkus())
    found: list[Found] = [*((result, ()) for result in refusals), *_found(sent, supplier)]
    return _report(
        sorted(found, key=lambda each: each[0].row),
        dialect=feed.dialect,
        unused_columns=list(feed.unused_columns),
        is_cut=len(rows) > MAX_ROWS,
        failure=failure,
    )


def _found(sent: Sequence[Sent], supplier: Supplier) -> list[Found]:
    """All of them are judged at once, so that each knows the ones before it, as if they had been stored."""
    found: list[Found] = []
    waiting = []
    for candidate in candidates(sent, supplier):
        if candidate.is_settled and candidate.before is not None:
            found.append((import_chunks.result_as_stored(candidate), candidate.before.corrections))
        else:
            waiting.append(candidate)
    judgement = judged(waiting, supplier, view=import_chunks.image_viewer(), seconds=_IMAGE_SECONDS)
    found += [(import_chunks.result_of(each), each.offer.corrections) for each in judgement.verdicts]
    found += [
        (RowResult(each.sent.row, each.sent.sku, PENDING, each.sent.notes), ())
        for each in judgement.undecided
    ]
    return found


def _report(
    found: Sequence[Found],
    *,
    dialect: str | None = None,
    unused_columns: Sequence[str] = (),
    is_cut: bool = False,
    failure: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    results = tuple(result for result, _ in found)
    issues = [shown_issue(result, issue) for result in results for issue in result.issues]
    corrections = [
        {**_without_id(each), "row": result.row, "sku": result.sku} for result, made in found for each in made
    ]
    told, made = fitting(issues, MAX_BYTES), fitting(corrections, MAX_BYTES)
    report = {
        "dialect": dialect,
        **import_records.counted(Counters().with_results(results)),
        "unused_columns": list(unused_columns),
        "complete": not is_cut and len(told) == len(issues) and len(made) == len(corrections),
        "issues": told,
        "corrections": made,
    }
    return report | {"failure": dict(failure)} if failure else report


def _without_id(correction: Mapping[str, Any]) -> dict[str, Any]:
    """A correction that is not stored has no id to undo it by."""
    return {name: value for name, value in correction.items() if name != "correction_id"}
