"""What is owed to a supplier, and why."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import ledger as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.auth import Role
from chalicelib.services import balances
from chalicelib.services import post_by_hand as posting
from chalicelib.services import read_ledger as reading
from chalicelib.services.idempotency import Outcome

bp = Blueprint(__name__)

LEDGER = "/suppliers/{supplier_id}/ledger"
BY_HAND = "/admin/suppliers/{supplier_id}/ledger-entries"
UNCHANGED = etag(1)
"""Of what is written once."""


@bp.route(LEDGER)
@endpoint(
    "List the entries of a supplier's ledger, oldest first",
    query=schemas.LedgerQuerySchema(),
    answers={200: schemas.LedgerPageSchema()},
)
def list_ledger_entries(call: Call, supplier_id: str) -> Answer:
    sent = dict(call.query)
    limit, cursor = sent.pop("limit"), sent.pop("cursor", None)
    wanted = reading.Wanted(since=sent.pop("from", None), until=sent.pop("to", None), **sent)
    return Answer(
        200,
        reading.list_entries(
            supplier_id, wanted, limit=limit, cursor=cursor, names_people=call.caller.role is Role.ADMIN
        ),
    )


@bp.route(f"{LEDGER}/{{entry_id}}")
@endpoint(
    "Read an entry of a supplier's ledger with all that was posted together with it",
    answers={200: schemas.PostedLedgerEntrySchema()},
)
def read_ledger_entry(call: Call, supplier_id: str, entry_id: str) -> Answer:
    entry = reading.read_entry(supplier_id, entry_id, names_people=call.caller.role is Role.ADMIN)
    return Answer(200, entry, etag=UNCHANGED)


@bp.route("/admin/orders/{order_id}/ledger")
@endpoint(
    "List the entries that an order caused in the ledgers of its suppliers, oldest first",
    query=PageQuerySchema(),
    answers={200: schemas.LedgerPageSchema()},
)
def list_ledger_entries_of_order(call: Call, order_id: str) -> Answer:
    page = reading.list_entries_of_order(order_id, limit=call.query["limit"], cursor=call.query.get("cursor"))
    return Answer(200, page)


@bp.route("/suppliers/{supplier_id}/balance")
@endpoint("Read what a supplier is owed, in each currency", answers={200: schemas.SupplierBalanceSchema()})
def read_balance(_call: Call, supplier_id: str) -> Answer:
    return Answer(200, balances.read(supplier_id))


@bp.route(BY_HAND, methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Credit or charge a supplier by hand",
    body=schemas.ManualEntrySchema(),
    answers={201: schemas.ManualPostingSchema()},
    idempotency_key="required",
)
def post_ledger_entry(call: Call, supplier_id: str) -> Answer:
    return _posted(posting.post(supplier_id, call.body, actor=call.caller.name, idempotency_key=_key(call)))


@bp.route(f"{BY_HAND}/{{posting_id}}/reversal", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Take back what a supplier was charged or credited besides its sales, in part or whole",
    body=schemas.ManualReversalSchema(),
    answers={201: schemas.ManualPostingSchema()},
    problems={409: "NOT_REVERSIBLE, CHANGED_MEANWHILE"},
    idempotency_key="required",
)
def reverse_ledger_entry(call: Call, supplier_id: str, posting_id: str) -> Answer:
    return _posted(
        posting.take_back(
            supplier_id, posting_id, call.body, actor=call.caller.name, idempotency_key=_key(call)
        )
    )


def _key(call: Call) -> str:
    assert call.idempotency_key is not None  # noqa: S101 - `endpoint` has refused a request without one
    return call.idempotency_key


def _posted(outcome: Outcome) -> Answer:
    answer = outcome.answer
    location = f"/suppliers/{answer['supplier_id']}/ledger/{answer['entries'][0]['entry_id']}"
    return Answer(201, answer, etag=UNCHANGED, location=location, replayed=outcome.replayed)
