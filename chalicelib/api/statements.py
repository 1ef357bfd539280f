"""Statements of suppliers, and closing the periods that they are made for."""

import base64
import hashlib

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.downloads import download
from chalicelib.api.http import ANY_TYPE, Call, endpoint
from chalicelib.api.negotiation import prefers
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import statements as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.auth import Role
from chalicelib.domain.statements import CLOSED
from chalicelib.services import close_period as closing
from chalicelib.services import read_statements, statement_files, statement_page

bp = Blueprint(__name__)

STATEMENTS = "/suppliers/{supplier_id}/statements"
PERIOD = "/admin/statements/{period}"


@bp.route(STATEMENTS)
@endpoint(
    "List a supplier's statements, newest first",
    query=PageQuerySchema(),
    answers={200: schemas.StatementPageSchema()},
)
def list_statements(call: Call, supplier_id: str) -> Answer:
    limit, cursor = call.query["limit"], call.query.get("cursor")
    return Answer(200, read_statements.list_statements(supplier_id, limit=limit, cursor=cursor))


@bp.route(f"{STATEMENTS}/{{period}}")
@endpoint(
    "Read a statement with its rows, as JSON, CSV, or a page to print",
    query=schemas.StatementQuerySchema(),
    answers={200: (schemas.StatementSchema(), statement_files.CSV, statement_page.MEDIA_TYPE), 303: None},
    problems={422: "CURRENCY_REQUIRED"},
)
def read_statement(call: Call, supplier_id: str, period: str) -> Answer:
    statement = read_statements.find(supplier_id, period, call.query.get("currency"))
    if prefers(call.accept, statement_files.CSV):
        return download(statement_files.as_csv(statement))
    if prefers(call.accept, statement_page.MEDIA_TYPE):
        return Answer(200, statement_page.page(statement), headers=_page_headers())
    shown = read_statements.read(
        statement,
        limit=call.query["limit"],
        cursor=call.query.get("cursor"),
        names_people=call.caller.role is Role.ADMIN,
    )
    return Answer(200, shown, etag=etag(statement.version) if statement.status == CLOSED else None)


@bp.route(f"{PERIOD}/close", methods=["POST"], content_types=ANY_TYPE)
@endpoint(
    "Close a period: make the statements and payouts of all suppliers, once",
    answers={202: schemas.ClosingSchema()},
    problems={409: "PERIOD_NOT_BEGUN, OTHER_CYCLE"},
)
def close_statements(call: Call, period: str) -> Answer:
    return Answer(202, closing.close(period, by=call.caller.name), location=PERIOD.format(period=period))


@bp.route(PERIOD)
@endpoint(
    "Read how closing a period stands, and the statements that it has made",
    query=PageQuerySchema(),
    answers={200: schemas.ClosingPageSchema()},
)
def read_closing(call: Call, period: str) -> Answer:
    return Answer(200, closing.read(period, limit=call.query["limit"], cursor=call.query.get("cursor")))


def _page_headers() -> dict[str, str]:
    """Nothing but the page's own style gets in, and nothing runs."""
    digest = base64.b64encode(hashlib.sha256(statement_page.style().encode()).digest()).decode()
    return {
        "Content-Type": f"{statement_page.MEDIA_TYPE}; charset=utf-8",
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
