"""A year of trade at reduced size; `make bench` has it at full size."""

import pytest
from moto.dynamodb.models.table import Table

from bench import plain_books, year, year_facts


@pytest.mark.usefixtures("aws")
def test_every_statement_of_a_year_is_what_the_plain_books_say(monkeypatch: pytest.MonkeyPatch) -> None:
    # moto copies all there is before each transaction, to bring it back where that fails; none does here.
    monkeypatch.setattr(Table, "__deepcopy__", lambda table, _: table, raising=False)
    for name, value in year.SETTINGS.items():
        monkeypatch.setenv(name, value)

    lived = year.lived(100, 3)

    assert list(year.faults(lived)) == []
    found = year.reconciled(lived)
    assert (found["supplier_orders"], found["differences"]) == (100, 0)
    _has_everything(lived)


def _has_everything(lived: year.Year) -> None:
    """The year is one in which something could have gone wrong."""
    books = plain_books.statements(lived.sellers, lived.sold)
    types = {kind for page in books.values() for kind, minor in page.totals.items() if minor}
    assert {"REFUND_COMMISSION_VAT", "REFUND_ORDER_SHIPPING_AMOUNT", "PAYMENT", "SUBSCRIPTION_FEE"} <= types
    assert {currency for _, _, currency in books} == set(year_facts.CURRENCIES)
    assert any(page.balance < 0 for page in books.values())
    assert any(page.handed_on for page in books.values())
