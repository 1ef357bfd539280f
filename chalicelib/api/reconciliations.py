"""Whether the books are in order."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import ANY_TYPE, Call, endpoint
from chalicelib.api.schemas import reconciliations as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import idempotency, reconcile

bp = Blueprint(__name__)

LATEST = "/admin/reconciliations/latest"


@bp.route("/admin/reconciliations", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Hold the ledger against all orders and statements, in the background; it is done every day by itself",
    answers={202: schemas.ReconciliationSchema()},
    idempotency_key="optional",
)
def start_reconciliation(call: Call) -> Answer:
    marked = idempotency.request(
        call.idempotency_key, caller=call.caller.name, route="POST /admin/reconciliations", body={}
    )
    outcome = reconcile.start(by=call.caller.name, marked=marked)
    return Answer(202, outcome.answer, location=LATEST, replayed=outcome.replayed)


@bp.route(LATEST)
@endpoint(
    "Read what the last run has found so far",
    query=PageQuerySchema(),
    answers={200: schemas.ReconciliationWithDifferencesSchema()},
    problems={404: "NOT_FOUND: there has been no run"},
)
def read_reconciliation(call: Call) -> Answer:
    return Answer(200, reconcile.read_latest(limit=call.query["limit"], cursor=call.query.get("cursor")))
