"""Rows of a feed become offers on sale, a hundred at a time.

What can be judged here and now is written as decided, many offers in one transaction. What cannot (a rule
broke, an image was not seen in time, others write the same offer at this moment) is put as a request would
put it, and goes the ordinary way through validation.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from chalicelib import clock, telemetry
from chalicelib.domain import ranking
from chalicelib.domain.imports import IN_ERROR, PENDING, SUCCESS, Import, RowResult
from chalicelib.domain.offer import Product, Terms
from chalicelib.domain.rules.facts import Image
from chalicelib.domain.supplier import Supplier
from chalicelib.feeds import Row
from chalicelib.problems import TemporarilyUnavailable
from chalicelib.services import feed_rows, manage_offers, publish_offers, supplier_records, validate_offers
from chalicelib.services.commits import commit
from chalicelib.services.decide_offers import conclude
from chalicelib.services.feed_rows import Issue, Sent
from chalicelib.services.judge_offers import Candidate, Judgement, Verdict, candidates, judged
from chalicelib.services.seen_skus import SeenSkus
from chalicelib.storage import import_rows, offer_terms, offers, products
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.transaction import Write

IMAGE_SECONDS = 20.0
"""For all images of a hundred rows. What was not seen by then is looked at by the validation workflow."""

_IMAGES_KEPT = 20_000
_MOST_WRITES = 100
_MOST_BYTES = 2_000_000
"""Of one transaction: DynamoDB takes 100 items and 4 MB, and a product repeats its offer's content."""


@dataclass(frozen=True)
class Context:
    """What the rows of one feed share: whose they are, when they were received (as of when they count stock),
    the SKUs seen, and what looks at images, each once."""

    supplier_id: str
    received_at: str
    seen: SeenSkus
    view: Callable[[str], Image]


def context_of(import_: Import) -> Context:
    """What a worker that takes the import up must know of the rows before its place."""
    seen = import_rows.seen_in(import_.import_id) if import_.position else ()
    return Context(
        supplier_id=import_.supplier_id,
        received_at=import_.received_at,
        seen=SeenSkus(seen),
        view=image_viewer(),
    )


def image_viewer() -> Callable[[str], Image]:
    """What looks at each image once, however many rows show it."""
    return lru_cache(_IMAGES_KEPT)(validate_offers.image_viewer())


def store(rows: Sequence[Row], context: Context) -> tuple[RowResult, ...]:
    """Make offers of the rows; a row that was stored before is found to say the same. Raises NotFound or
    Conflict where the supplier is gone or closed."""
    supplier = supplier_records.existing(context.supplier_id)
    supplier_records.refuse_closed(supplier)
    sent, refused = feed_rows.sorted_out(rows, context.seen)
    results = [*refused, *_settled(sent, supplier, context)]
    return tuple(sorted(results, key=lambda result: result.row))


def result_as_stored(candidate: Candidate) -> RowResult:
    """What becomes of a row whose very content was settled before."""
    assert candidate.before is not None  # noqa: S101 - nothing is settled that is not stored
    acceptance, issues = candidate.before.acceptance, candidate.before.issues
    if acceptance == "ACCEPTED":
        return _result(candidate.sent, SUCCESS, issues)
    outcome = IN_ERROR if acceptance == "REJECTED" else PENDING
    return _result(candidate.sent, outcome, [*issues, _sent_back(acceptance)])


def result_of(verdict: Verdict) -> RowResult:
    """What becomes of a row whose offer was decided."""
    outcome = SUCCESS if verdict.offer.acceptance == "ACCEPTED" else PENDING
    return _result(verdict.candidate.sent, outcome, verdict.offer.issues)


def _result(sent: Sent, outcome: str, issues: Iterable[Mapping[str, Any]]) -> RowResult:
    result = RowResult(sent.row, sent.sku, outcome, (*sent.notes, *issues), sent.raw)
    return result if result.reasons else replace(result, raw=None)


def _settled(
    sent: Sequence[Sent], supplier: Supplier, context: Context, *, is_second_try: bool = False
) -> Iterator[RowResult]:
    found = candidates(sent, supplier)
    known = [each for each in found if each.is_settled]
    _set_stock(known, context)
    yield from map(result_as_stored, known)
    waiting = [each for each in found if not each.is_settled]
    if not waiting:
        return
    judgement = judged(waiting, supplier, view=context.view, seconds=IMAGE_SECONDS)
    _set_stock([each.candidate for each in judgement.verdicts if each.changes_nothing], context)
    refused: list[Sent] = []
    try:
        yield from _stored(judgement, supplier, context, refused)
    finally:
        conclude(judgement.deciding)
    yield from (_left_to_validation(each.sent, supplier) for each in judgement.undecided)
    for row in refused:
        if is_second_try:
            yield _left_to_validation(row, supplier)
        else:
            yield from _settled([row], supplier, context, is_second_try=True)


def _stored(
    judgement: Judgement, supplier: Supplier, context: Context, refused: list[Sent]
) -> Iterator[RowResult]:
    """The results of what could be written; what could not goes to `refused`."""
    for group in _groups(judgement, supplier, context):
        if not _written([write for each in group for write in each.writes]):
            refused += [each.verdict.candidate.sent for each in group]
            continue
        for each in group:
            if each.writes:
                judgement.deciding.note(each.verdict.case, each.verdict.offer)
            yield result_of(each.verdict)


@dataclass(frozen=True)
class _Planned:
    """A verdict with everything that makes it true in the table, which may be nothing."""

    verdict: Verdict
    writes: Sequence[Write]

    @property
    def bytes(self) -> int:
        return 2 * len(str(self.verdict.offer.content))


def _planned(verdict: Verdict, judgement: Judgement, supplier: Supplier, context: Context) -> _Planned:
    if verdict.changes_nothing:
        return _Planned(verdict, ())
    candidate, offer = verdict.candidate, verdict.offer
    terms = publish_offers.terms_of(offer, supplier, judgement.deciding.authorizations)
    quantity = candidate.sent.content["quantity"]
    if candidate.before is None or candidate.terms is None:
        received = context.received_at
        stocked = replace(terms, available=quantity, stock_as_of=received, price_as_of=received)
        terms = replace(stocked, created_at=offer.updated_at, updated_at=offer.updated_at)
        own = [offers.adding(replace(offer, version=1)), offer_terms.adding(terms)]
        joining = [_showing(terms, verdict.product, write) for write in verdict.writes]
    else:
        is_newer = context.received_at >= candidate.terms.stock_as_of
        stock = (quantity, context.received_at) if is_newer else None
        own = [
            offers.replacing(offer, expected_version=offer.version),
            offer_terms.changing(
                terms,
                now=offer.updated_at,
                stock=stock,
                price_as_of=max(context.received_at, candidate.terms.price_as_of),
            ),
        ]
        joining = list(verdict.writes)
    return _Planned(verdict, [*own, *joining])


def _showing(terms: Terms, product: Product | None, write: Write) -> Write:
    """The write of a new product with this one offer in view, which saves the stream handler another write.
    Where time will change the view, the stream handler makes it, and has it looked at again."""
    is_new = product is not None and write.label == "product" and product.version == 1
    if not is_new or product is None:
        return write
    view = ranking.view_of([terms], clock.now())
    if view.until is not None:
        return write
    return products.adding(replace(product, offers_view=view.shown, view_at=terms.updated_at))


def _groups(judgement: Judgement, supplier: Supplier, context: Context) -> Iterator[list[_Planned]]:
    """As many together as one transaction takes, which writes no item twice."""
    group: list[_Planned] = []
    size, taken = 0, set[tuple[Any, Any]]()
    for each in (_planned(verdict, judgement, supplier, context) for verdict in judgement.verdicts):
        items = {(write.item.pk, write.item.sk) for write in each.writes}  # type: ignore[attr-defined]
        if len(taken) + len(items) > _MOST_WRITES or size + each.bytes > _MOST_BYTES or taken & items:
            yield group
            group, size, taken = [], 0, set()
        group.append(each)
        size += each.bytes
        taken |= items
    if group:
        yield group


def _written(writes: Sequence[Write]) -> bool:
    """Whether the writes were made; none were where somebody has changed anything that they hang on."""
    if not writes:
        return True
    try:
        commit(*writes)
    except (WriteRefused, TemporarilyUnavailable):
        telemetry.log("IMPORT_WRITE_REFUSED", writes=len(writes))
        return False
    return True


def _set_stock(known: Sequence[Candidate], context: Context) -> None:
    """Count stock where the feed says another number, as of when it was received; a later count stands."""
    for each in known:
        if each.terms is None or each.terms.stock_as_of > context.received_at:
            continue
        quantity = each.sent.content["quantity"]
        if quantity != max(0, each.terms.quantity):
            _written(
                [
                    offer_terms.setting_stock(
                        each.offer.offer_id,
                        quantity=quantity,
                        as_of=context.received_at,
                        now=clock.timestamp(),
                        correlation_id=telemetry.correlation_id(),
                    )
                ]
            )


def _left_to_validation(sent: Sent, supplier: Supplier) -> RowResult:
    manage_offers.put(supplier.supplier_id, sent.sku, content=sent.content, expected=None)
    return RowResult(sent.row, sent.sku, PENDING, sent.notes)


def _sent_back(acceptance: str) -> Issue:
    words = {
        "REJECTED": "This offer was rejected in a review. Change it before you send it again.",
        "CHANGES_REQUESTED": "A review asked for changes of this offer, and the row is as it was before.",
    }
    return feed_rows.issue("offer.sent_back", "INVALID_ATTRIBUTE", "", words[acceptance])
