"""The manual review queue: cases that wait for a person, what becomes of them, and how many there are."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import reviews as schemas
from chalicelib.api.schemas.lessons import LessonSchema, ReplaySchema, SavedLessonSchema
from chalicelib.api.schemas.metrics import MetricsSchema
from chalicelib.services import claim_review, read_reviews, replay_lesson, save_lesson
from chalicelib.services import read_metrics as metrics
from chalicelib.services import resolve_review as resolution

bp = Blueprint(__name__)


@bp.route("/admin/reviews")
@endpoint(
    "List the review queue, oldest first; without status, what waits",
    query=schemas.ReviewQuerySchema(),
    answers={200: schemas.ReviewPageSchema()},
)
def list_reviews(call: Call) -> Answer:
    query = call.query
    page = read_reviews.page(
        status=query.get("status"), kind=query.get("kind"), limit=query["limit"], cursor=query.get("cursor")
    )
    return Answer(200, page)


@bp.route("/admin/reviews/{review_id}")
@endpoint("Read a review and past cases like it", answers={200: schemas.ReadReviewSchema()})
def read_review(_call: Call, review_id: str) -> Answer:
    review = read_reviews.read(review_id)
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/{review_id}/claim", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Take a case for 15 minutes; its holder takes it on with renew",
    query=schemas.ClaimQuerySchema(),
    answers={200: schemas.ReviewSchema()},
    problems={409: "ALREADY_CLAIMED, ALREADY_RESOLVED"},
)
def claim_review_case(call: Call, review_id: str) -> Answer:
    review = claim_review.claim(review_id, actor=call.caller.name, renew=call.query["renew"] == "true")
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/{review_id}/release", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Give a case back",
    answers={200: schemas.ReviewSchema()},
    problems={409: "ALREADY_CLAIMED, ALREADY_RESOLVED"},
)
def release_review_case(call: Call, review_id: str) -> Answer:
    review = claim_review.release(review_id, actor=call.caller.name)
    return Answer(200, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/{review_id}/resolution", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Decide a case",
    body=schemas.ResolutionSchema(),
    answers={200: schemas.ReviewSchema(), 202: schemas.ReviewSchema()},
    problems={409: "ALREADY_RESOLVED, ALREADY_CLAIMED, RECORD_CHANGED, DUPLICATE_OFFER"},
    if_match="optional",
)
def resolve_review(call: Call, review_id: str) -> Answer:
    review = resolution.resolve(review_id, call.body, actor=call.caller.name, expected=call.expected)
    status = 200 if review["status"] == "RESOLVED" else 202  # accepted corrections are validated first
    return Answer(status, review, etag=etag(review["version"]))


@bp.route("/admin/reviews/resolutions", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Decide up to 100 cases, each by itself",
    body=schemas.ResolutionsSchema(),
    answers={200: schemas.CaseResultsSchema()},
)
def resolve_reviews(call: Call) -> Answer:
    return Answer(200, resolution.resolve_many(call.body["resolutions"], actor=call.caller.name))


@bp.route("/admin/reviews/claims", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Take up to 100 cases for 15 minutes",
    body=schemas.ReviewIdsSchema(),
    answers={200: schemas.CaseResultsSchema()},
)
def claim_reviews(call: Call) -> Answer:
    return Answer(200, claim_review.claim_many(call.body["review_ids"], actor=call.caller.name))


@bp.route("/admin/reviews/releases", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Give up to 100 cases back",
    body=schemas.ReviewIdsSchema(),
    answers={200: schemas.CaseResultsSchema()},
)
def release_reviews(call: Call) -> Answer:
    return Answer(200, claim_review.release_many(call.body["review_ids"], actor=call.caller.name))


@bp.route("/admin/reviews/{review_id}/lessons", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Replay what a case teaches, or save it as a rule once it was replayed",
    body=LessonSchema(),
    answers={200: ReplaySchema(), 201: SavedLessonSchema()},
    if_match="none",
    problems={412: "STALE_VERSION"},
)
def teach(call: Call, review_id: str) -> Answer:
    sent = dict(call.body)
    dry_run, limit, cursor, token, note = (
        sent.pop(name, None) for name in ("dry_run", "limit", "cursor", "replay_token", "note")
    )
    if dry_run:
        return Answer(200, replay_lesson.replay(review_id, sent, limit=limit, cursor=cursor))
    saved = save_lesson.save(review_id, sent, token=token, note=note, actor=call.caller.name)
    return Answer(201, saved, location="/admin/rule-settings")


@bp.route("/admin/metrics")
@endpoint("Read the numbers of the dashboard", answers={200: MetricsSchema()})
def read_metrics(_call: Call) -> Answer:
    return Answer(200, metrics.read())
