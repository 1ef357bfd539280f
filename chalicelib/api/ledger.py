"""What is owed to a supplier, and why."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import Call, endpoint
from chalicelib.api.schemas import ledger as schemas
from chalicelib.auth import Role
from chalicelib.services import read_ledger as reading

bp = Blueprint(__name__)

LEDGER = "/suppliers/{supplier_id}/ledger"


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
    return Answer(200, reading.read_entry(supplier_id, entry_id, names_people=call.caller.role is Role.ADMIN))
