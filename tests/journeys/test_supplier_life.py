"""A supplier's life on the packaged app: polled, updated in bulk, suspended, ended."""

import json

import actors

from examples.client import Client
from examples.reference_supplier import serving

SCHEDULED = {
    "version": "0",
    "id": "scheduled",
    "account": "000000000000",
    "region": "us-east-1",
    "time": "2026-01-01T00:00:00Z",
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "resources": [],
    "detail": {},
}


def admin(client: Client, stack, supplier: actors.Supplier, move: str):
    path = f"/admin{supplier.path}/{move}"
    return client.send("POST", path, token=stack.admin_token, json={"reason": "for the test"})


def test_a_suppliers_stock_follows_its_inventory_api_and_its_offers_follow_its_status(stack):
    client = Client(stack.base_url)
    with serving() as server:
        supplier = actors.register(client, server, inventory_api=server.inventory_api)
        supplier.until("OPEN")
        offer = supplier.offer(sku="POLLED")
        path = f"{supplier.path}/offers/POLLED"

        server.book.stock["POLLED"] = 3
        called = stack.client("lambda").invoke(
            FunctionName="marketplace-local-poll_inventories", Payload=json.dumps(SCHEDULED)
        )
        assert "FunctionError" not in called, called["Payload"].read()
        client.read_until(path, lambda found: found["quantity"] == 3, token=supplier.api_key)

        rows = [{"sku": "POLLED", "quantity": 5, "price": {"amount": "31.00", "currency": "EUR"}}]
        sent = client.call(
            "POST", f"{supplier.path}/offer-updates", token=supplier.api_key, json={"updates": rows}
        )
        assert sent["counts"] == {"APPLIED": 1}
        client.read_until(
            f"/products/{offer['product_id']}",
            lambda found: (
                [(each["available"], each["price"]["amount"]) for each in found["offers"]] == [(5, "31.00")]
            ),
        )

        trial = client.call("POST", f"{supplier.path}/order-api/test", token=supplier.api_key)
        assert trial["passed"], trial

        assert admin(client, stack, supplier, "suspension").status_code == 200
        off = client.read_until(path, lambda found: not found["active"], token=supplier.api_key)
        assert off["inactivity_reasons"] == ["SUPPLIER_NOT_OPEN"]
        said = client.call("GET", f"{supplier.path}/explain", token=supplier.api_key)
        assert [step["code"] for step in said["next_steps"]] == ["WAIT_FOR_REINSTATEMENT"]

        assert admin(client, stack, supplier, "reinstatement").json()["status"] == "OPEN"
        client.read_until(path, lambda found: found["active"], token=supplier.api_key)

        assert admin(client, stack, supplier, "termination").json()["status"] == "TERMINATED"
        assert client.send("GET", supplier.path, token=supplier.api_key).status_code == 401
