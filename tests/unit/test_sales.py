"""What the life of a line posts; the machines in tests/component try every way through it."""

from dataclasses import replace
from pathlib import Path

from chalicelib.domain import ledger, sales
from chalicelib.domain.fees import FeeTerms
from chalicelib.domain.ledger import Posting
from chalicelib.domain.money import Money
from chalicelib.domain.order import Attempt, Order, OrderLine, PlacedLine, SupplierOrder

FEE = FeeTerms(3, "standard", percent_ppm=100_000, vat_ppm=200_000)
NOW = "2026-03-02T12:00:00.000Z"


def an_order(
    *, shipping: int = 90, tax: int = 60, tax_included: bool = False, collector: str = "SUPPLIER"
) -> Order:
    """Three pieces at 5.00, of one supplier."""
    line = PlacedLine(
        "lin_o_1", "off_n_1", "prd_1", "sup_n", "so_o_1", "TEA", None, "Tea", 3, Money(500, "EUR"),
        shipping=shipping, tax=tax, fee=FEE,
    )  # fmt: skip
    return Order(
        "ord_o", "EUR", (line,), Money(shipping, "EUR"), Money(tax, "EUR"), "pay", Money(9999, "EUR"), "",
        tax_included=tax_included, tax_collector=collector,  # type: ignore[arg-type]
    )  # fmt: skip


def waiting() -> SupplierOrder:
    return SupplierOrder(
        "so_o_1", "ord_o", "sup_n", (OrderLine("lin_o_1", "off_n_1", 3),), Attempt("att_o_1"), NOW
    )


def posted(order: Order, part: SupplierOrder, **change: object) -> tuple[SupplierOrder, Posting | None]:
    (line,) = part.lines
    after = replace(part, lines=(replace(line, **change),))  # type: ignore[arg-type]
    after, posting = sales.post(order, part, after, now=NOW)
    return replace(after, version=part.version + 1), posting


def told(posting: Posting | None) -> list[tuple[str, int, str, str]]:
    return [(move.type, move.minor, move.source, move.target) for move in posting.moves] if posting else []


def test_what_is_accepted_is_owed_to_the_supplier_but_for_the_fee() -> None:
    _, posting = posted(an_order(), waiting(), status="SHIPPING", accepted=3)

    assert told(posting) == [
        ("ORDER_AMOUNT", 1500, "SHOPPER", "SUPPLIER_PENDING"),
        ("ORDER_SHIPPING_AMOUNT", 90, "SHOPPER", "SUPPLIER_PENDING"),
        ("ORDER_TAX_AMOUNT", 60, "SHOPPER", "SUPPLIER_PENDING"),
        ("COMMISSION_FEE", 150, "SUPPLIER_PENDING", "MARKETPLACE"),
        ("COMMISSION_VAT", 30, "SUPPLIER_PENDING", "FEE_VAT"),
    ]
    assert posting
    assert posting.cause == "so_o_1-2"
    assert [(move.rules_version, move.rule) for move in posting.moves[3:]] == [(3, "standard")] * 2


def test_a_tax_that_the_marketplace_hands_on_is_not_the_suppliers() -> None:
    _, posting = posted(an_order(collector="MARKETPLACE"), waiting(), status="SHIPPING", accepted=3)

    assert ("ORDER_TAX_AMOUNT", 60, "SHOPPER", "TAX") in told(posting)


def test_a_tax_that_the_prices_hold_is_taken_out_of_them() -> None:
    _, posting = posted(an_order(tax_included=True), waiting(), status="SHIPPING", accepted=3)

    assert told(posting)[:3:2] == [
        ("ORDER_AMOUNT", 1440, "SHOPPER", "SUPPLIER_PENDING"),
        ("ORDER_TAX_AMOUNT", 60, "SHOPPER", "SUPPLIER_PENDING"),
    ]


def test_what_has_arrived_is_payable_and_nothing_else_moves() -> None:
    part, _ = posted(an_order(), waiting(), status="SHIPPING", accepted=3)
    _, posting = posted(an_order(), part, status="RECEIVED", shipped=3, delivered=3)

    assert told(posting) == [
        ("ORDER_AMOUNT", 1500, "SUPPLIER_PENDING", "SUPPLIER_PAYABLE"),
        ("ORDER_SHIPPING_AMOUNT", 90, "SUPPLIER_PENDING", "SUPPLIER_PAYABLE"),
        ("ORDER_TAX_AMOUNT", 60, "SUPPLIER_PENDING", "SUPPLIER_PAYABLE"),
        ("COMMISSION_FEE", 150, "SUPPLIER_PAYABLE", "SUPPLIER_PENDING"),
        ("COMMISSION_VAT", 30, "SUPPLIER_PAYABLE", "SUPPLIER_PENDING"),
    ]


def test_a_refund_takes_back_the_entries_of_the_sale_with_their_share_of_tax_and_fee() -> None:
    part, sale = posted(an_order(), waiting(), status="SHIPPING", accepted=3)
    _, refund = posted(an_order(), part, refunded=500)

    assert told(refund) == [
        ("REFUND_ORDER_AMOUNT", 500, "SUPPLIER_PENDING", "SHOPPER"),
        ("REFUND_ORDER_TAX_AMOUNT", 20, "SUPPLIER_PENDING", "SHOPPER"),
        ("REFUND_COMMISSION_FEE", 50, "MARKETPLACE", "SUPPLIER_PENDING"),
        ("REFUND_COMMISSION_VAT", 10, "FEE_VAT", "SUPPLIER_PENDING"),
    ]
    assert sale
    assert refund
    sold = {entry.entry_id: entry for entry in ledger.entries(sale)}
    for entry in ledger.entries(refund):
        assert entry.reverses
        reversed_entry = sold[entry.reverses]
        assert f"REFUND_{reversed_entry.move.type}" == entry.move.type
        assert reversed_entry.account == entry.account
        assert reversed_entry.amount.minor * entry.amount.minor < 0


def test_a_fee_may_be_kept_when_the_money_goes_back() -> None:
    order = an_order()
    kept = replace(order.lines[0], fee=FEE._replace(kept_on_refund=True))
    order = replace(order, lines=(kept,))
    part, _ = posted(order, waiting(), status="SHIPPING", accepted=3)
    _, refund = posted(order, part, refunded=1500, status="REFUNDED")

    assert not [move for move in told(refund) if move[0].startswith("REFUND_COMMISSION")]
    assert ("COMMISSION_FEE", 150, "SUPPLIER_PAYABLE", "SUPPLIER_PENDING") in told(refund)


def test_what_is_shipped_after_all_is_sold_anew_so_that_a_refund_finds_it_under_one_posting() -> None:
    part, _ = posted(an_order(), waiting(), status="SHIPPING", accepted=2)
    part, anew = posted(an_order(), part, accepted=3)
    _, refund = posted(an_order(), part, refunded=1500)

    assert anew
    assert refund
    assert ("REFUND_ORDER_AMOUNT", 1000, "SUPPLIER_PENDING", "SHOPPER") in told(anew)
    assert ("ORDER_AMOUNT", 1500, "SHOPPER", "SUPPLIER_PENDING") in told(anew)
    sold = {(anew.posting_id, move.number): move.minor for move in anew.moves}
    assert all(move.reverses and move.minor <= sold[move.reverses] for move in refund.moves)


def test_what_moves_no_money_posts_nothing() -> None:
    part, _ = posted(an_order(), waiting(), status="SHIPPING", accepted=3)

    assert posted(an_order(), part, status="SHIPPED", shipped=3)[1] is None
    assert posted(an_order(), waiting(), status="REFUSED")[1] is None


def test_the_entries_of_a_posting_add_up_to_nothing() -> None:
    _, posting = posted(an_order(collector="MARKETPLACE"), waiting(), status="SHIPPING", accepted=2)

    assert posting
    entries = list(ledger.entries(posting))
    assert sum(entry.amount.minor for entry in entries) == 0
    assert len({entry.entry_id for entry in entries}) == len(entries)


def test_the_example_in_the_documentation_is_what_is_posted() -> None:
    order, part = an_order(), waiting()
    rows = []
    for name, change in (
        ("accepted", {"status": "SHIPPING", "accepted": 3}),
        ("arrived", {"status": "RECEIVED", "shipped": 3, "delivered": 3}),
        ("5.00 paid back", {"refunded": 500}),
    ):
        part, posting = posted(order, part, **change)
        for entry_type, minor, source, target in told(posting):
            rows.append(
                f"| {name} | {entry_type} | {Money(minor, 'EUR').as_json()['amount']} | {source} | {target} |"
            )

    page = (Path(__file__).parents[2] / "docs" / "money.md").read_text().splitlines()
    assert [row for row in page if row.startswith(("| accepted |", "| arrived |", "| 5.00 paid"))] == rows
