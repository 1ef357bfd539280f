"""Statements as clients read them."""

from typing import Any

from chalicelib.domain import statements as domain
from chalicelib.domain.money import Money
from chalicelib.domain.statements import Figures, Statement


def summary(statement: Statement) -> dict[str, Any]:
    """The statement without its rows. Amounts are as the supplier has them: fees are below zero."""
    tally = statement.tally

    def money(minor: int) -> dict[str, str]:
        return Money(minor, statement.currency).as_json()

    def figures(of: Figures) -> dict[str, Any]:
        return {"net": money(of.net), "tax": money(of.tax), "gross": money(of.gross)}

    view = {
        "statement_id": statement.statement_id,
        "supplier_id": statement.supplier_id,
        "period": statement.period,
        "currency": statement.currency,
        "status": statement.status,
        "since": statement.since,
        "cutoff": statement.cutoff,
        "opening_balance": money(statement.opening),
        "sales": figures(domain.sales(tally)),
        "refunds": figures(domain.refunds(tally)),
        "fees": figures(domain.fees(tally)),
        "payments": money(domain.payments(tally)),
        "totals": [{"type": name, "amount": money(minor)} for name, minor in tally.totals.items()],
        "row_count": tally.rows,
        "total": money(tally.total),
        "balance": money(statement.balance),
        "payout_amount": money(statement.payout_minor),
        "payout_id": statement.payout_id,
        "withheld": list(statement.withheld),
        "carried_over": money(statement.carried_over),
        "tax_collected_by_marketplace": money(tally.handed_on),
        "version": statement.version,
        "created_at": statement.created_at or None,
        "updated_at": statement.updated_at or None,
    }
    return {name: value for name, value in view.items() if value is not None}
