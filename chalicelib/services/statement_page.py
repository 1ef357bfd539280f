"""A statement as a page to read and print: it needs nothing else, and all that somebody wrote is escaped."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice
from pathlib import Path
from string import Template

from chalicelib import settings
from chalicelib.domain import statements as domain
from chalicelib.domain.ledger import Entry
from chalicelib.domain.money import Money
from chalicelib.domain.statements import OPEN, Statement
from chalicelib.domain.supplier import Supplier
from chalicelib.services import read_statements, supplier_records

MEDIA_TYPE = "text/html"

_ROWS_PRINTED = 2000
_TEMPLATE = Path(__file__).parents[1] / "console" / "statement.html"
_STYLE = Path(__file__).parents[1] / "console" / "statement.css"
_NAMES = {
    "ORDER_AMOUNT": "Goods",
    "ORDER_SHIPPING_AMOUNT": "Shipping",
    "ORDER_TAX_AMOUNT": "Tax on sales",
    "COMMISSION_FEE": "Commission",
    "COMMISSION_VAT": "VAT on fees",
    "LISTING_FEE": "Listing fee",
    "SUBSCRIPTION_FEE": "Subscription",
    "PENALTY_FEE": "Penalty",
    "MANUAL_CREDIT": "Credit",
    "MANUAL_INVOICE": "Invoice",
    "PAYMENT": "Payment",
}
_WITHHELD = {
    "NEGATIVE_BALANCE": "there is nothing to pay out",
    "ON_HOLD": "payouts are on hold",
    "KYB_NOT_VERIFIED": "the supplier is not verified yet",
    "NO_PAYOUT_ACCOUNT": "there is no account to pay to",
    "RESERVE": "a reserve stays",
    "BELOW_MINIMUM": "it is less than the least that is paid out",
}


def page(statement: Statement) -> str:
    """The HTML document; of very many rows it has the first ones."""
    rows = list(islice(read_statements.rows(statement), _ROWS_PRINTED))
    more = statement.tally.rows - len(rows)
    supplier = supplier_records.existing(statement.supplier_id)
    return Template(_TEMPLATE.read_text()).substitute(
        style=style(),
        statement_id=escape(statement.statement_id),
        marketplace=escape(settings.marketplace_name()),
        supplier="<br>".join(map(escape, _addressed(supplier))),
        supplier_id=escape(statement.supplier_id),
        period=escape(statement.period),
        currency=escape(statement.currency),
        status='<span class="status">not closed yet</span>' if statement.status == OPEN else "",
        since=_moment(statement.since or supplier.created_at),
        cutoff=_moment(statement.cutoff),
        figures="".join(_figures(statement)),
        notes="".join(f"<p>{escape(note)}</p>" for note in _notes(statement)),
        rows="".join(map(_row, rows)),
        count=statement.tally.rows,
        more=f"<p>{more} more rows stand in the CSV file.</p>" if more > 0 else "",
    )


def style() -> str:
    """What the page is styled by, for the policy that lets nothing else in."""
    return _STYLE.read_text()


def _addressed(supplier: Supplier) -> Iterator[str]:
    """The supplier as on an envelope."""
    profile = supplier.profile
    address = profile.get("address", {})
    yield str(profile.get("legal_name") or supplier.display_name)
    city = " ".join(filter(None, (address.get("postal_code"), address.get("city"))))
    parts = (address.get("line1"), address.get("line2"), city, address.get("country"), profile.get("tax_id"))
    yield from (str(part) for part in parts if part)


def _figures(statement: Statement) -> Iterator[str]:
    tally, currency = statement.tally, statement.currency

    def line(name: str, *minor: int | None, kind: str = "part") -> str:
        return _line(name, ["" if each is None else _amount(Money(each, currency)) for each in minor], kind)

    yield line("Balance before", None, None, statement.opening)
    for name, figures in (
        ("Sales", domain.sales(tally)),
        ("Refunds", domain.refunds(tally)),
        ("Fees, charges and credits", domain.fees(tally)),
    ):
        yield line(name, figures.net, figures.tax, figures.gross)
    yield line("Payouts before", None, None, domain.payments(tally))
    yield line("Balance", None, None, statement.balance, kind="sum")
    if statement.payout_id is not None:
        yield line(f"Paid out ({statement.payout_id})", None, None, statement.payout_minor)
    yield line("Carried over", None, None, statement.carried_over)


def _line(name: str, cells: Iterable[str], kind: str) -> str:
    shown = "".join(f'<td class="amount">{cell}</td>' for cell in cells)
    return f'<tr class="{kind}"><th scope="row">{escape(name)}</th>{shown}</tr>'


def _notes(statement: Statement) -> Iterator[str]:
    if statement.withheld:
        reasons = "; ".join(_WITHHELD.get(each, each) for each in statement.withheld)
        yield f"Why not all is paid out: {reasons}."
    if statement.tally.handed_on:
        amount = _amount(Money(statement.tally.handed_on, statement.currency))
        yield f"The marketplace hands on {amount} of tax on sales itself; it is no part of the balance."


def _row(entry: Entry) -> str:
    move, posting = entry.move, entry.posting
    rule = f"{move.rule}, version {move.rules_version}" if move.rule else ""
    return (
        f'<tr><td class="at">{_moment(posting.at)}</td>'
        f"<td>{escape(_name(move.type))}{_small([posting.reason])}</td>"
        f"<td>{_small([posting.order_id, move.line_id, entry.entry_id])}</td>"
        f'<td>{escape(rule)}</td><td class="amount">{_amount(entry.amount)}</td></tr>'
    )


def _small(texts: Sequence[str | None]) -> str:
    return "".join(f"<small>{escape(text)}</small>" for text in texts if text)


def _name(entry_type: str) -> str:
    kind = entry_type.removeprefix("REFUND_")
    return _NAMES[kind] if kind == entry_type else f"Refund: {_NAMES[kind]}"


def _amount(money: Money) -> str:
    """With a narrow space at each thousand, and a true minus."""
    whole, point, fraction = money.as_json()["amount"].lstrip("-").partition(".")
    grouped = f"{int(whole):,}".replace(",", "\u202f")
    return ("\u2212" if money.minor < 0 else "") + grouped + point + fraction


def _moment(moment: str) -> str:
    return escape(moment[:16].replace("T", " "))
