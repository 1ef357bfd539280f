"""What the marketplace charges: the commission rules, and what a sale would cost."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import commission_rules as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.auth import Role
from chalicelib.services import change_fee_rules as rules
from chalicelib.services import explain_fee, quote_fees

bp = Blueprint(__name__)

RULES = "/admin/commission-rules"


@bp.route(RULES)
@endpoint(
    "Read the commission rules that hold now, or one version of them",
    query=schemas.CommissionRulesQuerySchema(),
    answers={200: schemas.CommissionRulesSchema()},
    problems={404: "NOT_FOUND: no such version"},
)
def read_commission_rules(call: Call) -> Answer:
    version = call.query.get("version")
    shown = rules.read(version)
    return Answer(200, shown, etag=etag(shown["latest_version"] if version is None else version))


@bp.route(RULES, methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Put commission rules, for now or ahead of time; adds a version",
    body=schemas.NewCommissionRulesSchema(),
    answers={200: schemas.CommissionRulesSchema()},
    if_match="required",
)
def put_commission_rules(call: Call) -> Answer:
    assert call.expected is not None  # noqa: S101 - required above
    shown = rules.put(call.body, actor=call.caller.name, expected=call.expected)
    return Answer(200, shown, etag=etag(shown["version"]))


@bp.route(f"{RULES}/versions")
@endpoint(
    "List the versions of the commission rules, newest first",
    query=PageQuerySchema(),
    answers={200: schemas.CommissionRulesPageSchema()},
)
def list_commission_rules(call: Call) -> Answer:
    return Answer(200, rules.versions(limit=call.query["limit"], cursor=call.query.get("cursor")))


@bp.route("/fee-quotes", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Say which ledger entries a sale would create, by the rules that hold now",
    body=schemas.FeeQuoteBodySchema(),
    answers={200: schemas.FeeQuoteSchema()},
    problems={404: "NOT_FOUND: no such supplier, or not you"},
)
def quote_fees_of_sale(call: Call) -> Answer:
    asking = call.caller.subject if call.caller.role is Role.SUPPLIER else None
    return Answer(200, quote_fees.quote(call.body, asking=asking))


@bp.route("/suppliers/{supplier_id}/orders/{supplier_order_id}/lines/{line_id}/explain")
@endpoint(
    "Say why the fee of an order line is what it is",
    answers={200: schemas.LineFeeExplanationSchema()},
)
def explain_line_fee(_call: Call, supplier_id: str, supplier_order_id: str, line_id: str) -> Answer:
    return Answer(200, explain_fee.explain(supplier_id, supplier_order_id, line_id))
