"""Trial orders: remembered like orders, answered as their scenario asks for, and never shipped."""

from typing import Any

from examples.reference_supplier.order_book import OrderBook


class TrialBook(OrderBook):
    """Plays every scenario of docs/supplier-api.yaml; what names none is accepted."""

    def __init__(self) -> None:
        super().__init__()
        self._put_off: set[str] = set()

    def take(self, data: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        attempt_id, scenario = str(data["attempt_id"]), data.get("scenario")
        with self.lock:
            if scenario == "UNAVAILABLE" and attempt_id not in self._put_off:
                self._put_off.add(attempt_id)
                return 503, {"error": "come again"}
            if scenario == "LATER" and attempt_id not in self.orders:
                self.orders[attempt_id] = data
                return 202, {}
            return super().take(data)

    def status(self, attempt_id: str) -> tuple[int, dict[str, Any]]:
        """A promised answer is ready by the time that somebody asks for it."""
        with self.lock:
            if attempt_id in self.orders:
                self.decide(attempt_id)
            return super().status(attempt_id)

    def _answer(self, data: dict[str, Any]) -> dict[str, Any]:
        answer = super()._answer(data)
        match data.get("scenario"):
            case "PARTIAL":
                answer["status"] = "PARTIALLY_ACCEPTED"
                answer["lines"][-1].update(code="ACCEPTED", quantity=data["lines"][-1]["quantity"] - 1)
            case "REJECT":
                answer["status"] = "REJECTED"
                for line in answer["lines"]:
                    line.update(code="OUT_OF_STOCK", quantity=0)
            case "BACKORDER":
                answer["status"] = "BACKORDERED"
                for line in answer["lines"]:
                    line.update(code="BACKORDERED", available_on="2099-12-31")
        return answer
