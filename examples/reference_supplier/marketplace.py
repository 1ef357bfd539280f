"""What a supplier asks of the marketplace, with its API key: its orders, its answers, its shipments."""

import json
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Marketplace:
    """`base_url` ends with the stage, `api_key` is what the registration showed once."""

    base_url: str
    supplier_id: str
    api_key: str

    def orders(self) -> list[dict[str, Any]]:
        """The supplier's orders, oldest first."""
        found: list[dict[str, Any]] = []
        query = ""
        while True:
            page = self._call("GET", f"orders?limit=100{query}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query = "&cursor=" + urllib.parse.quote(page["next_cursor"])

    def answer(self, supplier_order_id: str, attempt_id: str, decided: dict[str, Any]) -> dict[str, Any]:
        """Give an answer that was kept back: `decided` is what the order book says."""
        body = {"attempt_id": attempt_id, "lines": decided["lines"]}
        if "supplier_reference" in decided:
            body["supplier_reference"] = decided["supplier_reference"]
        return self._call("POST", f"orders/{supplier_order_id}/acceptance", body)

    def ship(
        self,
        supplier_order_id: str,
        lines: list[dict[str, Any]],
        *,
        carrier: str = "Reference Parcel",
        tracking_number: str | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Say that `lines` (`line_id`, `quantity`) have left."""
        number = tracking_number or f"RP{uuid.uuid4().hex[:12].upper()}"
        body = {
            "carrier": carrier,
            "tracking_number": number,
            "tracking_url": f"https://tracking.example/{number}",
            "lines": lines,
        }
        return self._call(
            "POST", f"orders/{supplier_order_id}/shipments", body, key=idempotency_key or number
        )

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        request = urllib.request.Request(
            f"{self.base_url.rstrip('/')}/suppliers/{self.supplier_id}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return dict(json.loads(answer.read()))
