"""Runs validation on stored records by the real step functions, the way the state machine does."""

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from unit.records import CLEAN_OFFER, CLEAN_SUPPLIER, changed

from chalicelib import clock, ids
from chalicelib.domain.offer import Offer, Terms
from chalicelib.domain.rules.catalog import OFFER_CHECKS, SUPPLIER_CHECKS
from chalicelib.domain.supplier import Supplier
from chalicelib.steps import decisions, offer_steps, supplier_steps
from chalicelib.storage import keys, offer_terms, offers, suppliers
from chalicelib.storage.transaction import commit
from examples.reference_supplier.picture import png

HANDLERS = {
    **{name: getattr(supplier_steps, name) for name in SUPPLIER_CHECKS},
    **{name: getattr(offer_steps, name) for name in OFFER_CHECKS},
    "decide_suppliers": decisions.decide_suppliers,
    "decide_offers": decisions.decide_offers,
}


def call(name: str, event: dict[str, Any]) -> Any:
    """Call a function with an event that has been JSON, and give back what has been JSON."""
    return json.loads(json.dumps(HANDLERS[name](json.loads(json.dumps(event)), None)))


def validate(*records: Supplier | Offer) -> None:
    """Run all the steps on the records' versions, then the decisions."""
    batch = [record_of(record) for record in records]
    for steps, decision in ((SUPPLIER_CHECKS, "decide_suppliers"), (OFFER_CHECKS, "decide_offers")):
        reports = [call(name, {"records": batch}) for name in steps]
        call(decision, {"records": batch, "reports": reports})


def record_of(record: Supplier | Offer) -> dict[str, str]:
    """What the pipe says of a record."""
    if isinstance(record, Supplier):
        key, kind = keys.supplier(record.supplier_id), "SUPPLIER"
    else:
        key, kind = keys.offer(record.supplier_id, record.sku), "OFFER"
    return {
        "pk": key.pk,
        "sk": key.sk,
        "kind": kind,
        "version": str(record.version),
        "correlation_id": record.correlation_id,
    }


def a_supplier(site: str, **changes: Any) -> Supplier:
    """A new supplier, stored as registered: clean but for `changes`. Its names need no network."""
    local = {
        "website": f"{site}/",
        "order_api": {"url": f"{site}/orders"},
        "contact__email": "joerg@nordlicht.example",
    }
    profile = changed(CLEAN_SUPPLIER, **{**local, **changes})
    supplier = Supplier(supplier_id=ids.new_id("sup"), profile=profile, **_stamps())
    commit(suppliers.adding(supplier))
    return supplier


def an_open_supplier(site: str) -> Supplier:
    """A supplier that validation has opened."""
    supplier = a_supplier(site, brands=[])
    validate(supplier)
    return stored_supplier(supplier)


def an_offer(supplier: Supplier, sku: str, site: str, **changes: Any) -> Offer:
    """A new offer, stored as put: clean but for `changes`."""
    content = changed(CLEAN_OFFER, **{"image_urls": [f"{site}/{sku}.png"], **changes})
    offer = Offer(ids.offer_id(supplier.supplier_id, sku), supplier.supplier_id, sku, content, **_stamps())
    terms = Terms(
        offer.offer_id,
        supplier.supplier_id,
        sku,
        available=content["quantity"],
        blocks=("PRODUCT_STATUS_NEW", "NO_ACTIVE_PRICE"),
        **_stamps(),
    )
    commit(offers.adding(offer), offer_terms.adding(terms))
    return offer


def stored_supplier(supplier: Supplier) -> Supplier:
    found = suppliers.get(supplier.supplier_id)
    assert found is not None
    return found


def stored_offer(offer: Offer) -> Offer:
    found = offers.get(offer.supplier_id, offer.sku)
    assert found is not None
    return found


def stored_terms(offer: Offer) -> Terms:
    return offer_terms.get_many([offer.offer_id])[offer.offer_id]


def rules_of(record: Supplier | Offer, severity: str = "ERROR") -> set[str]:
    """The rules whose issues of this severity the record carries."""
    return {issue["rule"] for issue in record.issues if issue["severity"] == severity}


def _stamps() -> dict[str, Any]:
    now = clock.timestamp()
    return {"correlation_id": ids.new_id("test"), "created_at": now, "updated_at": now}


class _Site(BaseHTTPRequestHandler):
    """A supplier's own server: pictures of 400 pixels, and an order API that answers with `status`."""

    status = 202
    answer = b'{"status": "ACCEPTED"}'

    def do_GET(self) -> None:
        if not self.path.endswith(".png"):
            return self._answer(404, b"")
        return self._answer(200, png(self.path, side=100 if "small" in self.path else 400))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.status, self.answer)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests need no access log."""


@contextlib.contextmanager
def supplier_site(status: int = 202, answer: bytes = _Site.answer) -> Iterator[str]:
    """The base URL of a supplier's server on loopback, whose order API gives this answer."""
    handler = type("Site", (_Site,), {"status": status, "answer": answer})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
