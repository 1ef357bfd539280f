"""Offers of a feed, judged as they come in: held against what is stored, corrected, checked and decided by
the very functions that the validation workflow calls, and not written yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib import clock, ids, telemetry
from chalicelib.domain.issues import questions
from chalicelib.domain.offer import Offer, Product, Terms
from chalicelib.domain.reversals import with_corrections
from chalicelib.domain.rules.catalog import OFFER_CHECKS
from chalicelib.domain.rules.facts import Image
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.supplier import Supplier
from chalicelib.services import current_rules, manage_offers, publish_offers, validate_offers
from chalicelib.services.decide_offers import Deciding, decision
from chalicelib.services.feed_rows import Sent
from chalicelib.services.validation_batch import Case, Judged, collect, correct_each, held_apart
from chalicelib.storage import authorizations, keys, offer_terms, offers
from chalicelib.storage.transaction import Write

_SETTLED = ("ACCEPTED", "REJECTED", "CHANGES_REQUESTED")


@dataclass(frozen=True)
class Candidate:
    """An offer that a row sends, beside what is stored of it. Version 0 is one that is new."""

    sent: Sent
    offer: Offer
    before: Offer | None = None
    terms: Terms | None = None

    @property
    def says_the_same(self) -> bool:
        """Whether the very content of this offer was judged before."""
        before = self.before
        if before is None or before.withdrawn or before.validation_state == "PENDING":
            return False
        return not manage_offers.touched(before, self.sent.content)

    @property
    def is_settled(self) -> bool:
        """Whether it was accepted then, or sent back by a person: there is nothing to judge. What a rule
        asked the supplier is judged again, for the rule may be set otherwise by now."""
        before = self.before
        if before is None or not self.says_the_same or questions(before.issues):
            return False
        return before.acceptance in _SETTLED


@dataclass(frozen=True)
class Verdict:
    """A candidate as decided, the product that it joins, and what is to be written besides the offer and its
    terms."""

    candidate: Candidate
    case: Case[Offer]
    offer: Offer
    product: Product | None
    writes: Sequence[Write]

    @property
    def changes_nothing(self) -> bool:
        """Whether the very same was decided on the same content before, so that nothing need be written."""
        before = self.candidate.before
        return (
            before is not None
            and self.candidate.says_the_same
            and before.acceptance == self.offer.acceptance
            and list(before.issues) == list(self.offer.issues)
        )


def candidates(sent: Sequence[Sent], supplier: Supplier) -> list[Candidate]:
    """What the rows send, each beside what is stored: two round trips for a hundred."""
    supplier_id = supplier.supplier_id
    known = offers.get_many((supplier_id, each.sku) for each in sent) if sent else {}
    terms = offer_terms.get_many(offer.offer_id for offer in known.values()) if known else {}
    found = []
    for each in sent:
        before = known.get((supplier_id, each.sku))
        offer = _resubmitted(before, each.content) if before else _new(supplier_id, each)
        found.append(Candidate(each, offer, before, terms.get(offer.offer_id)))
    return found


@dataclass(frozen=True)
class Judgement:
    """Candidates as decided, those that could not be, and what the decisions have in common."""

    verdicts: Sequence[Verdict]
    undecided: Sequence[Candidate]
    deciding: Deciding


def judged(
    waiting: Sequence[Candidate], supplier: Supplier, *, view: Callable[[str], Image], seconds: float
) -> Judgement:
    """The candidates as decided, in their order, each knowing the ones before it. One that a rule breaks on,
    or whose images were not seen in `seconds`, is not decided."""
    by_judged = {_judged(each.offer): each for each in waiting}
    batch = correct_each(
        {key: each.offer for key, each in by_judged.items()}, OFFER_CORRECTIONS, current_rules.now()
    )
    deciding = Deciding(
        suppliers={supplier.supplier_id: supplier},
        authorizations=authorizations.current(),
        brand_holders=publish_offers.brand_holders(case.content for case in batch.cases.values()),
        products=validate_offers.known_products(batch.cases),
    )
    reports = validate_offers.reports(batch, deciding.products, view=view, seconds=seconds)
    complete, findings = collect(reports, OFFER_CHECKS)
    verdicts = []
    for key, case in batch.cases.items():
        if key not in complete:
            continue
        with held_apart(key, case.record):
            offer, product, writes = decision(case, findings[key], deciding)
            deciding.products |= {product.product_id: product} if product else {}
            verdicts.append(Verdict(by_judged.pop(key), case, offer, product, writes))
    return Judgement(verdicts, list(by_judged.values()), deciding)


def _judged(offer: Offer) -> Judged:
    return Judged(keys.offer(offer.supplier_id, offer.sku), offer.version)


def _new(supplier_id: str, sent: Sent) -> Offer:
    now = clock.timestamp()
    return Offer(
        offer_id=ids.offer_id(supplier_id, sent.sku),
        supplier_id=supplier_id,
        sku=sent.sku,
        content=sent.content,
        version=0,
        correlation_id=telemetry.correlation_id(),
        created_at=now,
        updated_at=now,
    )


def _resubmitted(before: Offer, content: dict[str, Any]) -> Offer:
    """The offer with this content. A changed price alone leaves an accepted offer accepted, and its price is
    judged alone."""
    on_sale = before.acceptance == "ACCEPTED" and not before.withdrawn
    touched = manage_offers.touched(before, content)
    return replace(
        with_corrections(before, content, before.corrections),
        content=content,
        acceptance="ACCEPTED" if on_sale and touched <= manage_offers.PRICES else "NEW",
        validation_state="PENDING",
        withdrawn=False,
        correlation_id=telemetry.correlation_id(),
        updated_at=clock.timestamp(),
    )
