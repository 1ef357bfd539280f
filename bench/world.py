"""A marketplace to measure: deployed to an emulator of its own, with two suppliers and an offer each.

The functions of the API are then called in this process, with the emulator as the other end of every AWS
call, so that this process's CPU is the app's alone.
"""

import importlib
import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from stdnum import ean

from examples import sample_suppliers
from examples.client import Client
from examples.reference_supplier import ReferenceSupplier, serving
from localaws.instance import PROJECT, REGION, Emulator, free_port
from localaws.marketplace import bring_up

Json = dict[str, Any]
TABLE = "marketplace-local"


@dataclass(frozen=True)
class World:
    """`offers` are on sale, one of each supplier; `call` is the API's Lambda handler in this process."""

    emulator: Emulator
    offers: tuple[Json, Json]
    handler: Any

    def call(self, method: str, path: str, body: Json | None = None, **headers: str) -> Json:
        """One request as API Gateway delivers it, answered by the handler. Raises RuntimeError for a 5xx."""
        return dict(self.handler(proxy_event(method, path, body, headers), None))

    def bare_read(self) -> object:
        """The least that reading one item costs: what boto3 makes of it."""
        return self._table.get_item(TableName=TABLE, Key={"PK": {"S": "BENCH#0"}, "SK": {"S": "BENCH"}})

    def bare_list(self) -> object:
        """The least that a list of 24 costs: their cards, read at once."""
        return self._table.query(
            TableName=TABLE,
            KeyConditionExpression="PK = :list",
            ExpressionAttributeValues={":list": {"S": "LIST#ALL#AGE"}},
            ProjectionExpression="card",
            Limit=24,
        )

    def list_products(self) -> None:
        """List some products of ordinary size."""
        from chalicelib import clock
        from chalicelib.services.relist_products import relist

        relist([_a_product(number, clock.timestamp()) for number in range(30)], now=clock.now())

    def bare_order(self) -> object:
        """The least that two round trips cost: four keys read at once, six small items written together."""
        items = [{"PK": {"S": f"BENCH#{number}"}, "SK": {"S": "BENCH"}} for number in range(6)]
        self._table.batch_get_item(RequestItems={TABLE: {"Keys": items[:4], "ConsistentRead": True}})
        writes = [{"Put": {"TableName": TABLE, "Item": {**item, "text": {"S": "x" * 400}}}} for item in items]
        return self._table.transact_write_items(TransactItems=writes)

    @cached_property
    def _table(self) -> Any:
        return self.emulator.client("dynamodb")


@contextmanager
def world() -> Iterator[World]:
    (PROJECT / ".local").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=PROJECT / ".local") as home, ExitStack() as stack:
        emulator = Emulator(Path(home), free_port())
        emulator.start()
        stack.callback(emulator.stop)
        endpoint = bring_up(emulator)
        client = Client(endpoint["base_url"])
        offers = [_an_offer_on_sale(client, stack.enter_context(serving())) for _ in range(2)]
        os.environ |= _environment(emulator)
        yield World(emulator, (offers[0], offers[1]), importlib.import_module("app").app)


def proxy_event(method: str, path: str, body: Json | None, headers: dict[str, str]) -> Json:
    """An API Gateway proxy event; `path` must be a route without parameters, or `/products/<id>`."""
    resource, parameters = path, None
    if path.startswith("/products/"):
        resource, parameters = "/products/{product_id}", {"product_id": path.removeprefix("/products/")}
    sent = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": parameters,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/v1{path}",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def an_order(offers: tuple[Json, ...]) -> Json:
    """One piece of each offer."""
    cents = sum(int(offer["price"]["amount"].replace(".", "")) for offer in offers)
    return {
        "currency": "EUR",
        "lines": [
            {"offer_id": offer["offer_id"], "quantity": 1, "expected_price": offer["price"]}
            for offer in offers
        ],
        "ship_to": {
            "name": "Sample recipient",
            "address": {"line1": "Main street 1", "city": "Berlin", "postal_code": "10117", "country": "DE"},
        },
        "contact": {"email": "recipient@shopper.example"},
        "payment": {
            "reference": "bench",
            "authorized_amount": {"amount": f"{cents // 100}.{cents % 100:02}", "currency": "EUR"},
        },
    }


def _an_offer_on_sale(client: Client, server: ReferenceSupplier) -> Json:
    named = sample_suppliers.Server("north-tea", server.website.rstrip("/"), Path(os.devnull))
    body = {**sample_suppliers.sample(named), "tax_id": sample_suppliers.fresh_tax_id()}
    registered = client.call("POST", "/suppliers", json=body)
    server.signing_secret, token = registered["signing_secret"], registered["api_key"]
    path = f"/suppliers/{registered['supplier']['supplier_id']}"
    client.read_until(path, lambda found: found["status"] == "OPEN", token=token)
    offer = sample_suppliers.sample_offers(named)[0]["offer"]
    number = f"9521{random.randrange(10**8):08}"
    offer |= {"gtin": number + ean.calc_check_digit(number), "quantity": 1_000_000}
    client.call("PUT", f"{path}/offers/A", json=offer, token=token)
    return dict(client.read_until(f"{path}/offers/A", lambda found: found["active"], token=token))


def _a_product(number: int, now: str) -> Any:
    from chalicelib.domain.offer import Product

    return Product(
        f"prd_{number:014}",
        f"{number:014}",
        f"Assam broken leaf, second flush, 250 g tin, no. {number}",
        "North Tea Trading",
        "Food & Drink > Tea > Black tea",
        image_urls=(f"https://images.north-tea.example/catalogue/assam-250-{number:06}.jpg",),
        offers_view=({"price": {"amount": f"{4 + number}.95", "currency": "EUR"}},),
        created_at=now,
    )


def _environment(emulator: Emulator) -> dict[str, str]:
    """What the API's function is given where it is deployed, and the way to the emulator."""
    function = emulator.client("lambda").get_function_configuration(FunctionName="marketplace-local")
    return {
        **function["Environment"]["Variables"],
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "LOG_LEVEL": "ERROR",
    }
