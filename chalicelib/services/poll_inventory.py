"""Suppliers that have an inventory API are asked how many they have, again and again.

The schedule only says who is to be asked: one message each, so that a supplier that hangs holds up nobody
else. A poll that fails is given up; the next one asks for everything anew. Polling twice at a time, or an old
message late, changes nothing: each count has its time.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib import clock, settings, telemetry
from chalicelib.clients import inventory_api, queues
from chalicelib.clients.errors import CallFailed
from chalicelib.domain.dated import APPLIED
from chalicelib.domain.supplier import Supplier
from chalicelib.services import set_stock, signing_secrets, update_stock
from chalicelib.services.update_stock import Count
from chalicelib.storage import offers, suppliers

_PAGE = 100
_SECONDS = 25.0
"""After which another message goes on: one more call that hangs fits into the function's 60 seconds."""


def call_for() -> int:
    """Send a message for every open supplier that has an inventory API, and say for how many."""
    called, cursor = 0, None
    while True:
        page = suppliers.page("OPEN", limit=_PAGE, cursor=cursor)
        wanted = [supplier.supplier_id for supplier in page.items if supplier.profile.get("inventory_api")]
        queues.send_all(settings.required("INVENTORY_QUEUE_URL"), [_message(each) for each in wanted])
        called += len(wanted)
        cursor = page.next_cursor
        if cursor is None:
            telemetry.log("INVENTORIES_CALLED_FOR", suppliers=called)
            return called


def poll(message: Mapping[str, Any]) -> None:
    """Ask the supplier that the message names for the stock of its accepted offers, in order of SKU from the
    message's cursor on; where the time is over, another message goes on from there."""
    supplier = suppliers.get(message["supplier_id"])
    if supplier is None or not supplier.is_open or not supplier.profile.get("inventory_api"):
        return
    cursor, end = message.get("cursor"), time.monotonic() + _SECONDS
    while True:
        page = offers.page_of_skus(supplier.supplier_id, "ACCEPTED", limit=_PAGE, cursor=cursor)
        try:
            ask(supplier, page.items)
        except CallFailed as failure:
            telemetry.log(
                "INVENTORY_NOT_TOLD",
                level=logging.WARNING,
                supplier_id=supplier.supplier_id,
                reason=failure.code,
            )
            return
        cursor = page.next_cursor
        if cursor is None:
            return
        if time.monotonic() > end:
            queues.send(settings.required("INVENTORY_QUEUE_URL"), _message(supplier.supplier_id, cursor))
            return


def _message(supplier_id: str, cursor: str | None = None) -> dict[str, str]:
    message = {"supplier_id": supplier_id, "correlation_id": telemetry.correlation_id()}
    return message | {"cursor": cursor} if cursor else message


def ask(supplier: Supplier, skus: Sequence[str]) -> None:
    """Ask the supplier how many it has of these SKUs, and apply what it says. Raises CallFailed."""
    for chunk in inventory_api.chunks(skus):
        _ask_for(supplier, chunk)


def _ask_for(supplier: Supplier, skus: Sequence[str]) -> None:
    """Ask in one call. What has no time was so before we asked; what is of the future is not believed."""
    asked_at = clock.timestamp()
    secret = signing_secrets.of(supplier)
    told = inventory_api.ask(supplier.profile["inventory_api"], skus, secret=secret)
    counts = [
        (each.sku, Count(each.quantity, each.as_of or asked_at))
        for each in told
        if each.as_of is None or not set_stock.is_of_the_future(each.as_of)
    ]
    results = update_stock.update(supplier.supplier_id, counts)
    telemetry.log(
        "INVENTORY_TOLD",
        supplier_id=supplier.supplier_id,
        asked=len(skus),
        told=len(counts),
        applied=sum(result.code == APPLIED for result in results),
    )
