"""What a lesson would change: past submissions and waiting cases, judged by the settings that hold and by
those with the lesson in them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import clock
from chalicelib.domain import lessons, rule_documents
from chalicelib.domain.lessons import Lesson, Unteachable
from chalicelib.domain.offer import Offer
from chalicelib.domain.review import Review
from chalicelib.domain.rule_documents import Document, SettingsVersion
from chalicelib.domain.rule_settings import RuleSettings
from chalicelib.domain.supplier import Supplier
from chalicelib.domain.tally import OUTCOMES, TO_REVIEW
from chalicelib.problems import FieldProblem, Unprocessable
from chalicelib.services import change_rule_settings, review_records, walk_records
from chalicelib.services.paging import read_page
from chalicelib.services.replay_rules import Verdict, judge, judged
from chalicelib.storage import offers, reviews, suppliers

Record = Supplier | Offer

MAX_RECORDS = 500
"""Of one page: each is judged twice in less than a millisecond, but may be as large as a body."""
_SAMPLES = 50
_WAITING = 300
"""Cases that wait, the oldest."""
_TO_BLAME = {"ALIAS": "to", "EXCEPTION": "field", "LIMIT": "value"}
"""Which field of a lesson it is that the settings do not take."""


@dataclass(frozen=True)
class Candidate:
    """A lesson, the kind of records that it is about, the settings that hold, and the document with it."""

    lesson: Lesson
    kind: str
    held: SettingsVersion
    document: Document

    @property
    def token(self) -> str:
        """Stands for what is replayed: this lesson over these settings."""
        return f"{self.held.version}.{lessons.digest(self.lesson)}"

    def before(self) -> RuleSettings:
        return self._compiled(self.held.document)

    def after(self) -> RuleSettings:
        return self._compiled(self.document)

    def _compiled(self, document: Document) -> RuleSettings:
        return rule_documents.compiled(document, version=self.held.version, set_at=self.held.set_at)


@dataclass(frozen=True)
class Settled:
    """The waiting cases that a lesson would settle, with their records, of how many that were looked at;
    `more` where others wait behind these."""

    cases: Sequence[tuple[Review, Record]]
    looked_at: int
    more: bool


def replay(review_id: str, lesson: Lesson, *, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of past submissions as they were sent, and what waits; nothing is stored.

    Past submissions are the offers of the supplier that the lesson names, or else of the case's supplier and
    then of the open suppliers; for a rule about suppliers, the suppliers. Raises NotFound, BadRequest,
    Unprocessable.
    """
    review = review_records.existing(review_id)
    candidate = candidate_of(lesson, review)
    place = read_page(lambda: walk_records.decoded(cursor))
    records, following = read_page(lambda: _records(review, candidate, place, limit=limit))
    return {
        "lesson": dict(lesson),
        "settings_version": candidate.held.version,
        "replay_token": candidate.token,
        "past_submissions": {
            **_compared(records, candidate),
            "next_cursor": walk_records.encoded(following),
        },
        "open_cases": shown_settled(settled_by(candidate)),
    }


def candidate_of(lesson: Lesson, review: Review) -> Candidate:
    """The case's lesson over the settings that hold now. Raises Unprocessable where no rule can learn it."""
    held = change_rule_settings.current()
    try:
        document = lessons.learned(held.document, lesson)
    except Unteachable as error:
        raise refused(error.field, error.code, str(error)) from error
    faults = rule_documents.faults(document)
    if faults:
        raise refused(_TO_BLAME[lesson["kind"]], faults[0].code, faults[0].detail)
    kind = lessons.record_kind(lesson["rule"], case_kind=review.kind)
    return Candidate(lesson, kind, held, document)


def refused(field: str, code: str, detail: str) -> Unprocessable:
    """The refusal of a lesson because of one of its fields."""
    return Unprocessable("INVALID_BODY", detail, errors=[FieldProblem(f"/{field}", code, detail)])


def settled_by(candidate: Candidate) -> Settled:
    """The oldest waiting cases that the settings with the lesson would settle, as their records stand."""
    page = reviews.page(
        status=None,
        kind=candidate.kind,
        limit=_WAITING,
        cursor=None,
        now=clock.timestamp(),
    )
    pairs = [(case, record) for case, record in _with_records(page.items) if _is_settled(record)]
    after = judge([record for _, record in pairs], candidate.after())
    settled = [
        (case, record)
        for case, record in pairs
        if (verdict := after.get(judged(record))) is not None and verdict.outcome != TO_REVIEW
    ]
    return Settled(settled, len(page.items), page.next_cursor is not None)


def shown_settled(settled: Settled) -> dict[str, Any]:
    return {
        "looked_at": settled.looked_at,
        "settled": [case.review_id for case, _ in settled.cases],
        "more": settled.more,
    }


def _records(
    review: Review, candidate: Candidate, place: walk_records.Place | None, *, limit: int
) -> tuple[Sequence[Record], walk_records.Place | None]:
    if candidate.kind == "SUPPLIER":
        return walk_records.suppliers_by_status(place, limit=limit)
    named = (candidate.lesson.get("where") or {}).get("supplier_id")
    if named:
        return walk_records.offers_of(named, place, limit=limit)
    return walk_records.offers_beginning_with(review.supplier_id, place, limit=limit)


def _with_records(cases: Iterable[Review]) -> list[tuple[Review, Record]]:
    cases = list(cases)
    offered = offers.get_many((case.supplier_id, case.sku) for case in cases if case.sku)
    registered = suppliers.get_many(case.supplier_id for case in cases if not case.sku)
    found = [
        (case, offered.get((case.supplier_id, case.sku)) if case.sku else registered.get(case.supplier_id))
        for case in cases
    ]
    return [(case, record) for case, record in found if record is not None]


def _is_settled(record: Record) -> bool:
    """Whether validation has nothing to do on it already."""
    return record.validation_state == "DONE" and not (isinstance(record, Offer) and record.withdrawn)


def _compared(records: Sequence[Record], candidate: Candidate) -> dict[str, Any]:
    """The outcomes before and after, and some of the records that would come out otherwise."""
    before, after = judge(records, candidate.before()), judge(records, candidate.after())
    pairs = [
        (record, before[each], after[each])
        for record in records
        if (each := judged(record)) in before and each in after
    ]
    changed = [pair for pair in pairs if pair[1] != pair[2]]
    review_ids = [record.review_id for record, *_ in changed[:_SAMPLES] if record.review_id]
    decided = reviews.get_many(review_ids) if review_ids else {}
    return {
        "looked_at": len(pairs),
        "changed": len(changed),
        "before": _outcomes(verdict for _, verdict, _ in pairs),
        "after": _outcomes(verdict for *_, verdict in pairs),
        "samples": [_sample(*pair, decided.get(pair[0].review_id or "")) for pair in changed[:_SAMPLES]],
    }


def _outcomes(verdicts: Iterable[Verdict]) -> dict[str, int]:
    counted = Counter(verdict.outcome for verdict in verdicts)
    return {outcome: counted[outcome] for outcome in OUTCOMES}


def _sample(record: Record, before: Verdict, after: Verdict, review: Review | None) -> dict[str, Any]:
    """Names, codes and places, and what a person decided: what the record says is read where it is."""
    names = sorted(before.content.keys() | after.content.keys())
    known = {
        "sku": record.sku if isinstance(record, Offer) else None,
        "review_id": review.review_id if review else None,
        "resolution": review.resolution if review else None,
    }
    return {
        "supplier_id": record.supplier_id,
        "before": {"outcome": before.outcome, "rules": list(before.rules)},
        "after": {"outcome": after.outcome, "rules": list(after.rules)},
        "changed_fields": [
            f"/{name}" for name in names if before.content.get(name) != after.content.get(name)
        ],
        **{name: value for name, value in known.items() if value is not None},
    }
