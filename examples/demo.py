"""The main path on sample data: two suppliers, their offers, one order across both.

Talks to the running system over HTTP as its clients would, and prints each step with its time. Ends with
exit code 0 only if the order really reached SHIPPED.
"""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples import sample_suppliers
from examples.client import Client
from examples.reference_supplier import Marketplace

Json = dict[str, Any]
Note = Callable[[str], None]


@dataclass(frozen=True)
class Supplier:
    """A registered sample supplier and the credentials that its registration showed."""

    server: sample_suppliers.Server
    supplier_id: str
    api_key: str

    @property
    def path(self) -> str:
        return f"/suppliers/{self.supplier_id}"


class Demo:
    """One run: the marketplace, its administrator, and the clock that the steps share."""

    def __init__(self, endpoint: Json) -> None:
        self.base_url = endpoint["base_url"]
        self.admin_token = endpoint["admin_token"]
        self.client = Client(self.base_url)
        self.started = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[Note]:
        """Print a step when it is done: the time since the start, its own, what came of it."""
        notes: list[str] = []
        begun = time.monotonic()
        yield notes.append
        ended = time.monotonic()
        print(f"{ended - self.started:7.2f} s  {title}  ({(ended - begun) * 1000:.0f} ms)")
        for note in notes:
            print(f"{'':11}{note}", flush=True)


def run(demo: Demo, servers: dict[str, sample_suppliers.Server]) -> tuple[Json, str, Supplier]:
    """Walk the whole path. Returns the order, its token, and one of the suppliers."""
    # A company registers once, so every run is two new ones.
    tea_tax_id, ceramics_tax_id = sample_suppliers.fresh_tax_id(), sample_suppliers.fresh_tax_id()
    tea = register(demo, servers["north-tea"], tea_tax_id)
    await_opening(demo, tea)
    ceramics = register(demo, servers["harbour-ceramics"], sample_suppliers.mistyped(ceramics_tax_id))
    correct_in_review(demo, ceramics, ceramics_tax_id)
    offers = import_offers(demo, tea) + import_offers(demo, ceramics)
    order_id, token = place_order(demo, [offers[0], offers[-1]])
    await_acceptance(demo, order_id, token)
    for supplier in (tea, ceramics):
        ship(demo, supplier, order_id)
    for supplier in (tea, ceramics):
        tell_what_is_owed(demo, supplier, order_id)
    with demo.step("The shopper reads the order") as note:
        order = demo.client.call("GET", f"/orders/{order_id}", token=token)
        note(f"status {order['status']}")
    return order, token, tea


def register(demo: Demo, server: sample_suppliers.Server, tax_id: str) -> Supplier:
    with demo.step(f"{server.name} registers") as note:
        body = {**sample_suppliers.sample(server), "tax_id": tax_id}
        answer = demo.client.call("POST", "/suppliers", json=body)
        server.use_secret(answer["signing_secret"])
        note(f"{answer['supplier']['supplier_id']}, status {answer['supplier']['status']}")
    return Supplier(server, answer["supplier"]["supplier_id"], answer["api_key"])


def await_opening(demo: Demo, supplier: Supplier) -> None:
    with demo.step(f"{supplier.server.name} is validated") as note:
        profile = demo.client.read_until(supplier.path, has_status("OPEN"), token=supplier.api_key)
        for correction in profile["corrections"]:
            note(f"corrected {correction['field']}: {correction['before']!r} to {correction['after']!r}")
        note(f"status {profile['status']}")


def correct_in_review(demo: Demo, supplier: Supplier, right_tax_id: str) -> None:
    """The VAT number is wrong: a review opens, the administrator corrects it, validation runs again."""
    with demo.step(f"{supplier.server.name} is validated") as note:
        profile = demo.client.read_until(
            supplier.path, has_status("PENDING_APPROVAL"), token=supplier.api_key
        )
        note(f"status {profile['status']}")
        for issue in profile["issues"]:
            if issue["severity"] == "ERROR":
                note(f"{issue['field']}: {issue['message']}")
    with demo.step("The administrator finds the case in the review queue") as note:
        queue = demo.client.call("GET", "/admin/reviews?kind=SUPPLIER&limit=100", token=demo.admin_token)
        cases = {case["record"]["supplier_id"]: case for case in queue["items"]}
        note(cases[supplier.supplier_id]["review_id"])
    with demo.step("The administrator corrects it; it is validated again and opens") as note:
        demo.client.call(
            "PATCH",
            f"/admin{supplier.path}",
            token=demo.admin_token,
            json={"tax_id": right_tax_id},
            headers={"If-Match": f'"{profile["version"]}"'},
        )
        profile = demo.client.read_until(supplier.path, has_status("OPEN"), token=supplier.api_key)
        note(f"status {profile['status']}")


def import_offers(demo: Demo, supplier: Supplier) -> list[Json]:
    rows = sample_suppliers.sample_offers(supplier.server)
    paths = [f"{supplier.path}/offers/{row['sku']}" for row in rows]
    title = f"{supplier.server.name} sends {len(rows)} offers; they are validated and go on sale"
    with demo.step(title) as note:
        for path, row in zip(paths, rows, strict=True):
            demo.client.call("PUT", path, token=supplier.api_key, json=row["offer"])
        offers = [demo.client.read_until(path, is_judged, token=supplier.api_key) for path in paths]
        for offer in offers:
            corrected = ", corrected" if offer["corrections"] else ""
            note(f"{offer['sku']}: {offer['acceptance']}{corrected}, {shown(offer['price'])}")
    return offers


def place_order(demo: Demo, offers: list[Json]) -> tuple[str, str]:
    lines = [
        {"offer_id": each["offer_id"], "quantity": 2, "expected_price": each["price"]} for each in offers
    ]
    cents = sum(2 * int(each["price"]["amount"].replace(".", "")) for each in offers)
    body = {
        "currency": "EUR",
        "lines": lines,
        "ship_to": {
            "name": "Sample recipient",
            "address": {
                "line1": "Unter den Linden 1",
                "city": "Berlin",
                "postal_code": "10117",
                "country": "DE",
            },
        },
        "contact": {"email": "recipient@shopper.example"},
        "payment": {
            "reference": "demo-payment",
            "authorized_amount": {"amount": f"{cents // 100}.{cents % 100:02}", "currency": "EUR"},
        },
    }
    with demo.step("A shopper orders from both suppliers") as note:
        answer = demo.client.call("POST", "/orders", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        order = answer["order"]
        parts = len(order["supplier_orders"])
        note(f"{order['order_id']}, {shown(order['totals']['grand_total'])}, {parts} supplier orders")
    return order["order_id"], answer["order_token"]


def await_acceptance(demo: Demo, order_id: str, token: str) -> None:
    with demo.step("Each supplier's own Order Acceptance API is called and accepts") as note:
        order = demo.client.read_until(f"/orders/{order_id}", has_status("SHIPPING"), token=token)
        for part in order["supplier_orders"]:
            note(f"{part['supplier_order_id']}: {part['status']}, reference {part['supplier_reference']}")


def ship(demo: Demo, supplier: Supplier, order_id: str) -> None:
    marketplace = Marketplace(demo.base_url, supplier.supplier_id, supplier.api_key)
    with demo.step(f"{supplier.server.name} posts its shipment") as note:
        for part in marketplace.orders():
            if part["order_id"] != order_id:
                continue
            lines = [{"line_id": line["line_id"], "quantity": line["quantity"]} for line in part["lines"]]
            shipment = marketplace.ship(part["supplier_order_id"], lines)
            note(f"{shipment['carrier']}, tracking {shipment['tracking_number']}")


def tell_what_is_owed(demo: Demo, supplier: Supplier, order_id: str) -> None:
    with demo.step(f"{supplier.server.name} reads what it is owed, and what the marketplace keeps") as note:
        path = f"{supplier.path}/ledger?limit=100&account=SUPPLIER&order_id={order_id}"
        for entry in demo.client.call("GET", path, token=supplier.api_key)["items"]:
            rule = f" by the rule {entry['rule']}" if "rule" in entry else ""
            note(f"{entry['type']}: {shown(entry['amount'])}{rule}")
        balance = demo.client.call("GET", f"{supplier.path}/balance", token=supplier.api_key)
        for each in balance["balances"]:
            note(f"{shown(each['pending'])} when it has arrived")


def has_status(status: str) -> Callable[[Json], bool]:
    return lambda found: bool(found["status"] == status)


def is_judged(offer: Json) -> bool:
    return bool(offer["acceptance"] != "NEW")


def shown(money: dict[str, str]) -> str:
    return f"{money['amount']} {money['currency']}"


def how_to_go_on(demo: Demo, order_id: str, order_token: str, supplier: Supplier) -> str:
    def curl(token: str, path: str) -> str:
        return f"  curl -s -H 'Authorization: Bearer {token}' {demo.base_url}{path}"

    return "\n".join(
        [
            f"\nThe system is running at {demo.base_url}\n",
            "The order, as the shopper:",
            curl(order_token, f"/orders/{order_id}"),
            "The profile, as the supplier:",
            curl(supplier.api_key, supplier.path),
            "The review queue, as the administrator (`make up` renews the token):",
            curl(demo.admin_token, "/admin/reviews"),
            "In a browser:",
            f"  {demo.base_url}/docs     every route",
            f"  {demo.base_url}/console  the administrators' console",
            "\nmake logs shows what the functions log, make reload brings a code change live,",
            "make down stops it all and keeps the data, make reset forgets it.",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", type=Path, default=Path(".local/endpoint.json"))
    options = parser.parse_args()
    endpoint = json.loads(options.endpoint.read_text())
    demo = Demo(endpoint)
    with demo.step("Two sample suppliers' servers are up"):
        servers = sample_suppliers.start(endpoint["supplier_ports"], home=options.endpoint.parent)
    order, token, supplier = run(demo, servers)
    print("\nThe order as the shopper sees it:\n" + json.dumps(order, indent=2))
    if order["status"] != "SHIPPED":
        print("\nThe order did not reach SHIPPED.", file=sys.stderr)
        return 1
    print(how_to_go_on(demo, order["order_id"], token, supplier))
    return 0


if __name__ == "__main__":
    sys.exit(main())
