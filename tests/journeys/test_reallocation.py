"""What one supplier refuses, another ships: over HTTP, as shopper and suppliers see it."""

import actors

from examples.client import Client


def test_what_the_first_supplier_rejects_the_second_accepts_and_ships(stack):
    client, gtin = Client(stack.base_url), actors.a_gtin()
    with actors.a_supplier(client, rejects={"GONE"}) as first, actors.a_supplier(client) as second:
        refused = first.offer(sku="GONE", gtin=gtin)
        taken = second.offer(gtin=gtin, handling_days=5)
        product = f"/products/{refused['product_id']}"
        client.read_until(product, lambda found: len(found["offers"]) == 2)

        placed = actors.place(client, actors.an_order((refused, 2))).json()
        path, token = f"/orders/{placed['order']['order_id']}", placed["order_token"]
        accepted = client.read_until(path, lambda found: found["status"] == "SHIPPING", token=token)

        (line,) = accepted["lines"]
        assert (line["offer_id"], line["line_id"]) == (
            taken["offer_id"],
            placed["order"]["lines"][0]["line_id"],
        )
        assert [len(each.dispatches()) for each in (first, second)] == [1, 1]
        (part,) = second.orders()
        shipment = {"carrier": "DHL", "lines": [{"line_id": line["line_id"], "quantity": 2}]}
        assert second.post(part["supplier_order_id"], "shipments", shipment).status_code == 201
        assert first.post(first.orders()[0]["supplier_order_id"], "shipments", shipment).status_code == 409

        shipped = client.call("GET", path, token=token)
        client.read_until(product, lambda found: {each["available"] for each in found["offers"]} == {10, 8})
    assert shipped["status"] == "SHIPPED"
    assert [part["status"] for part in shipped["supplier_orders"]] == ["REFUSED", "SHIPPED"]
