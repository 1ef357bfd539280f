"""Suppliers that send feeds, and the workers that read them."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import boto3
from api import Reply, call
from bodies import a_registration, an_offer_body
from stdnum import ean
from stream import everything

from chalicelib.services import react_to_changes, run_import
from chalicelib.storage import offers, suppliers
from chalicelib.storage.transaction import commit

NDJSON = "application/x-ndjson"
Json = dict[str, Any]


@dataclass(frozen=True)
class Seller:
    """A supplier that is open, and its key."""

    supplier_id: str
    token: str

    @property
    def path(self) -> str:
        return f"/suppliers/{self.supplier_id}"

    def send(self, method: str, target: str, body: Any = None, **more: Any) -> Reply:
        return call(method, self.path + target, body, token=more.pop("token", self.token), **more)

    def post(self, feed: bytes, media_type: str = NDJSON, **headers: str) -> Reply:
        sent = {"content-type": media_type, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.send("POST", "/imports", raw=feed, headers=sent)

    def imported(self, feed: bytes, media_type: str = NDJSON) -> Json:
        """The import of the feed, when it has ended."""
        answer = self.post(feed, media_type)
        assert answer.status == 202, answer.text
        work()
        return self.read(answer.json["import"]["import_id"])

    def read(self, import_id: str) -> Json:
        return dict(self.send("GET", f"/imports/{import_id}").json)

    def issues(self, import_id: str) -> list[Json]:
        """All of them, page by page."""
        target, cursor, found = f"/imports/{import_id}/issues?limit=50", "", []
        while True:
            page = self.send("GET", f"{target}&cursor={cursor}" if cursor else target).json
            found += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return found

    def settle(self, sku: str, acceptance: str) -> None:
        """As a reviewer's decision leaves the offer."""
        offer = offers.get(self.supplier_id, sku)
        assert offer
        commit(offers.replacing(replace(offer, acceptance=acceptance), expected_version=offer.version))

    def offer(self, sku: str) -> Json:
        return dict(self.send("GET", f"/offers/{sku}").json)


def a_seller(tax_id: str = "DE136695976") -> Seller:
    registered = call("POST", "/suppliers", a_registration(tax_id=tax_id)).json
    supplier = suppliers.get(registered["supplier"]["supplier_id"])
    assert supplier
    opened = replace(supplier, status="OPEN", validation_state="DONE")
    commit(suppliers.replacing(opened, expected_version=1))
    seller = Seller(supplier.supplier_id, registered["api_key"])
    seller.send("GET", "")  # from now on its key was used today, and no other request writes that
    return seller


def gtin(number: int) -> str:
    """A GTIN-13 that nobody else has."""
    digits = f"9521{number:08}"
    return digits + ean.calc_check_digit(digits)


def a_row(number: int, **fields: Any) -> Json:
    body = an_offer_body(gtin=gtin(number), title=f"Pen number {number}")
    return {"sku": f"PEN-{number}", **body, **fields}


def body_of(row: Mapping[str, Any]) -> Json:
    """What the row says, as a request says it."""
    return {name: value for name, value in row.items() if name != "sku"}


def a_bad_row(number: int) -> Json:
    """A row of which nothing is stored."""
    return a_row(number, price={"amount": "x", "currency": "EUR"})


def a_feed(*rows: Mapping[str, Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def work(*, rounds: int = 20, seconds: float = run_import.SECONDS, extra: Iterable[Json] = ()) -> None:
    """Let the stream handler send what is queued, and workers take messages until there are none; `extra`
    are messages from elsewhere."""
    for message in extra:
        boto3.client("sqs").send_message(
            QueueUrl=os.environ["IMPORT_QUEUE_URL"], MessageBody=json.dumps(message)
        )
    new = [each for each in everything() if each["dynamodb"]["NewImage"].get("status") == {"S": "QUEUED"}]
    react_to_changes.react(new)
    for _ in range(rounds):
        messages = waiting()
        if not messages:
            return
        for message in messages:
            run_import.receive(message, seconds=seconds)


def waiting() -> list[Json]:
    """The messages of the import queue, taken off it."""
    sqs, url = boto3.client("sqs"), os.environ["IMPORT_QUEUE_URL"]
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def table(*, only: str = "", without: str = "nothing") -> list[Json]:
    """The items of the table whose keys begin so."""
    items = boto3.client("dynamodb").scan(TableName="marketplace-test")["Items"]
    return [
        item for item in items if item["PK"]["S"].startswith(only) and not item["PK"]["S"].startswith(without)
    ]
