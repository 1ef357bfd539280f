"""From a sale to a payout over HTTP: what the supplier sees, the administrator does, the bank gets."""

import uuid
from datetime import UTC, datetime, timedelta

import actors
import pytest

from examples.client import Client
from examples.reference_supplier import serving

IBAN = "NL91ABNA0417164300"


def cents(money: dict[str, str]) -> int:
    return int(money["amount"].replace(".", ""))


@pytest.fixture
def client(stack) -> Client:
    return Client(stack.base_url)


def test_a_sale_becomes_a_statement_a_payout_and_a_transfer(stack, client):
    with serving() as server:
        supplier = actors.register(client, server, payout_account={"iban": IBAN})
        supplier.until("OPEN")
        offer = supplier.offer()
        quote = client.call(
            "POST",
            "/fee-quotes",
            token=supplier.api_key,
            json={"price": offer["price"], "category": offer["category"], "quantity": 2},
        )
        placed = actors.place(client, actors.an_order((offer, 2))).json()
        order, token = f"/orders/{placed['order']['order_id']}", placed["order_token"]
        client.read_until(order, lambda found: found["status"] == "SHIPPING", token=token)
        (part,) = supplier.orders()
        lines = [{"line_id": part["lines"][0]["line_id"], "quantity": 2}]
        parcel = supplier.post(part["supplier_order_id"], "shipments", {"carrier": "DHL", "lines": lines})
        shipment = f"shipments/{parcel.json()['shipment_id']}/delivery"
        assert supplier.post(part["supplier_order_id"], shipment, {}).status_code == 200

        def read(path: str):
            return client.call("GET", f"{supplier.path}/{path}", token=supplier.api_key)

        entries = read("ledger?limit=100")["items"]
        assert sum(cents(each["amount"]) for each in entries) == 0
        sold = [each for each in entries if each.get("state") == "PENDING"][: len(quote["entries"]) // 2]
        assert {(each["type"], each["amount"]["amount"]) for each in sold} == {
            (each["type"], each["amount"]["amount"])
            for each in quote["entries"]
            if each["account"] == "SUPPLIER"
        }

        period = f"{datetime.now(UTC):%Y-%m}"
        closing = f"/admin/statements/{period}"
        assert read(f"statements/{period}")["status"] == "OPEN"
        client.call("POST", f"{closing}/close", token=stack.admin_token)
        client.read_until(closing, lambda run: run["status"] == "CLOSED", token=stack.admin_token)

        statement = read(f"statements/{period}")
        owed = sum(cents(each["amount"]) for each in entries if each.get("state") == "PAYABLE")
        assert cents(statement["balance"]) == owed == cents(statement["payout_amount"]) > 0

        day = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
        told = client.call(
            "POST",
            "/admin/payout-files",
            token=stack.admin_token,
            json={"currency": "EUR", "execution_date": day},
            headers={"Idempotency-Key": uuid.uuid4().hex},
        )
        assert statement["payout_id"] in told["payout_ids"]
        path = f"/admin/payout-files/{told['file_id']}"
        file = client.send("GET", path, token=stack.admin_token, headers={"Accept": "application/xml"})
        assert statement["payout_id"].replace("_", "-") in file.text
        assert IBAN in file.text

        paid = client.call(
            "POST",
            f"/admin/payouts/{statement['payout_id']}/result",
            token=stack.admin_token,
            json={"status": "PAID", "bank_reference": "B-1"},
        )
        assert paid["status"] == "PAID"
        assert [each["status"] for each in read("payouts")["items"]] == ["PAID"]
