"""What the reference supplier knows and decides: its orders by attempt, and its stock."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class OrderBook:
    """`rejected_skus` are refused as OUT_OF_STOCK, `answers_later` keeps every answer back until
    `decide` is asked, `stock` is what the inventory API says, `faults` are what the next calls meet
    instead of an answer: an HTTP status, or "DROP" (the order is taken, the answer lost). `cancels` says
    whether it agrees to cancellations; `keeps`, by attempt and line, how many it ships since; `void` is what
    was canceled before it came."""

    rejected_skus: set[str] = field(default_factory=set)
    answers_later: bool = False
    cancels: bool = True
    stock: dict[str, int] = field(default_factory=dict)
    faults: deque[int | str] = field(default_factory=deque)
    messages: list[dict[str, Any]] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancellations: dict[str, dict[str, Any]] = field(default_factory=dict)
    void: set[str] = field(default_factory=set)
    keeps: dict[str, dict[str, int]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def take(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Take an order once; its attempt id tells whether it is known. Gives status and body."""
        attempt_id = str(data["attempt_id"])
        with self.lock:
            known = attempt_id in self.orders
            self.orders.setdefault(attempt_id, data)
            if self.answers_later:
                return self.status(attempt_id)
            return (409 if known else 200), self.decide(attempt_id)

    def decide(self, attempt_id: str) -> dict[str, Any]:
        """This supplier's answer to an order it took: always the same one."""
        with self.lock:
            return self.answers.setdefault(attempt_id, self._answer(self.orders[attempt_id]))

    def status(self, attempt_id: str) -> tuple[int, dict[str, Any]]:
        """What has become of an attempt: its answer, 202 while there is none, 404 where it never came."""
        with self.lock:
            if attempt_id in self.answers:
                return 200, self.answers[attempt_id]
            return (202 if attempt_id in self.orders else 404), {}

    def cancel(
        self, attempt_id: str, request_id: str, remaining: dict[str, int]
    ) -> tuple[int, dict[str, Any]]:
        """Answer a request to ship no more than what is `remaining` of each line, the same request always
        alike; what never came is not taken later."""
        with self.lock:
            if attempt_id not in self.orders:
                self.void.add(attempt_id)
                return 404, {}
            if self.cancels and request_id not in self.cancellations:
                self.keeps.setdefault(attempt_id, {}).update(remaining)
            verdict = "CANCELLATION_ACCEPTED" if self.cancels else "CANCELLATION_REJECTED"
            return 200, self.cancellations.setdefault(request_id, {"status": verdict})

    def inventory(self, skus: list[str], as_of: str) -> dict[str, Any]:
        """How many there are of those SKUs that it counts; nothing of the others."""
        counted = (sku for sku in skus if sku in self.stock)
        return {"items": [{"sku": sku, "quantity": self.stock[sku], "as_of": as_of} for sku in counted]}

    def next_fault(self) -> int | str | None:
        with self.lock:
            return self.faults.popleft() if self.faults else None

    def _answer(self, data: dict[str, Any]) -> dict[str, Any]:
        is_void = data["attempt_id"] in self.void
        lines = [self._line(line, is_void=is_void) for line in data["lines"]]
        taken = [line for line in lines if line["code"] == "ACCEPTED"]
        status = "REJECTED" if not taken else "ACCEPTED" if len(taken) == len(lines) else "PARTIALLY_ACCEPTED"
        return {"status": status, "supplier_reference": f"R-{data['supplier_order_id']}", "lines": lines}

    def _line(self, line: dict[str, Any], *, is_void: bool) -> dict[str, Any]:
        if is_void:
            return {"line_id": line["line_id"], "code": "CUSTOMER_CANCELED", "quantity": 0}
        if line["sku"] in self.rejected_skus:
            return {"line_id": line["line_id"], "code": "OUT_OF_STOCK", "quantity": 0}
        return {"line_id": line["line_id"], "code": "ACCEPTED", "quantity": line["quantity"]}
