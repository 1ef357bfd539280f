"""Imports of feeds."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.downloads import download
from chalicelib.api.http import Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import imports as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import cancel_import, dry_run, failed_rows, read_imports, start_import

bp = Blueprint(__name__)

IMPORTS = "/suppliers/{supplier_id}/imports"
IMPORT = f"{IMPORTS}/{{import_id}}"
ANY_TYPE = ["*/*"]
"""Chalice deploys no route that takes both what the gateway leaves alone and what it does not, such as JSON.
What a feed's route takes is checked in `feed_body`."""


@bp.route(IMPORTS, methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Send a feed, or ask for a place to upload one to",
    body=schemas.UploadRequestSchema(),
    feed=True,
    answers={202: schemas.ImportCreatedSchema()},
    problems={409: "SUPPLIER_CLOSED", 429: "TOO_MANY_IMPORTS: wait for one to end, or cancel one"},
    idempotency_key="optional",
)
def create_import(call: Call, supplier_id: str) -> Answer:
    who = {"key": call.idempotency_key, "caller": call.caller.name, "route": f"{supplier_id}/imports"}
    if call.feed:
        outcome = start_import.with_feed(
            supplier_id, call.feed.content, media_type=call.feed.media_type, **who
        )
    else:
        outcome = start_import.by_upload(supplier_id, call.body, **who)
    location = f"/suppliers/{supplier_id}/imports/{outcome.answer['import']['import_id']}"
    return Answer(202, outcome.answer, location=location, replayed=outcome.replayed)


@bp.route(IMPORTS)
@endpoint(
    "List a supplier's imports, newest first",
    query=PageQuerySchema(),
    answers={200: schemas.ImportPageSchema()},
)
def list_imports(call: Call, supplier_id: str) -> Answer:
    page = read_imports.page(supplier_id, limit=call.query["limit"], cursor=call.query.get("cursor"))
    return Answer(200, page)


@bp.route(IMPORT)
@endpoint("Read an import; its counters move while it runs", answers={200: schemas.ImportSchema()})
def read_import(_call: Call, supplier_id: str, import_id: str) -> Answer:
    import_ = read_imports.read(supplier_id, import_id)
    return Answer(200, import_, etag=etag(import_["version"]))


@bp.route(f"{IMPORT}/cancellation", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Cancel an import; what is stored stays",
    answers={200: schemas.ImportSchema()},
    problems={409: "IMPORT_FINISHED"},
)
def cancel_import_run(_call: Call, supplier_id: str, import_id: str) -> Answer:
    import_ = cancel_import.cancel(supplier_id, import_id)
    return Answer(200, import_, etag=etag(import_["version"]))


@bp.route(f"{IMPORT}/issues")
@endpoint(
    "List every issue of an import, each with its row",
    query=PageQuerySchema(),
    answers={200: schemas.RowIssuePageSchema()},
)
def list_import_issues(call: Call, supplier_id: str, import_id: str) -> Answer:
    page = read_imports.issues(
        supplier_id, import_id, limit=call.query["limit"], cursor=call.query.get("cursor")
    )
    return Answer(200, page)


@bp.route(f"{IMPORT}/failed-rows")
@endpoint(
    "Read the failed rows as a file in the dialect that they came in, each with its reason",
    answers={200: failed_rows.MEDIA_TYPES, 303: None},
    problems={409: "IMPORT_NOT_FINISHED"},
)
def read_failed_rows(_call: Call, supplier_id: str, import_id: str) -> Answer:
    return download(failed_rows.read(supplier_id, import_id))


@bp.route("/suppliers/{supplier_id}/offer-validations", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Try an offer or a feed: what an import would find, with nothing stored",
    body=schemas.CandidateSchema(),
    feed=True,
    answers={200: schemas.DryRunSchema()},
)
def try_offers(call: Call, supplier_id: str) -> Answer:
    if call.feed:
        return Answer(200, dry_run.of_feed(supplier_id, call.feed.content, media_type=call.feed.media_type))
    return Answer(200, dry_run.of_offer(supplier_id, call.body))
