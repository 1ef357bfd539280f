"""Suppliers as bad luck makes them: real servers that hang, drip, lie, lose answers or promise and forget.

Each keeps a log of its own of what it was asked for, what it took and what it was told not to ship, whatever
it says to the marketplace. The log is what a checker holds against the orders.
"""

import json
import threading
import time
import urllib.error
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from examples.reference_supplier import Marketplace, OrderBook, ReferenceSupplier
from examples.reference_supplier.server import Handler

Json = dict[str, Any]
Pieces = Counter[str]
TAKING = ("ACCEPTED", "BACKORDERED")

_LONGER_THAN_A_CALL = 12.0
_MOMENT = 0.3


class Log:
    """Of each attempt: the pieces by line that were asked for, taken, and not to be shipped after all.

    `bodies` are the different orders that came under one attempt id, `calls` how often it came.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked: dict[str, Pieces] = {}
        self.taken: dict[str, Pieces] = {}
        self.told_off: defaultdict[str, Pieces] = defaultdict(Counter)
        self.notices: set[str] = set()
        self.bodies: defaultdict[str, set[str]] = defaultdict(set)
        self.calls: Counter[str] = Counter()

    def ask(self, data: Json) -> int:
        """Note that the order came, and say for which time."""
        attempt_id = data["attempt_id"]
        with self.lock:
            self.asked[attempt_id] = Counter({line["line_id"]: line["quantity"] for line in data["lines"]})
            self.bodies[attempt_id].add(json.dumps(data["lines"], sort_keys=True))
            self.calls[attempt_id] += 1
            return self.calls[attempt_id]

    def take(self, attempt_id: str, answer: Json) -> None:
        """Note what the first decision takes."""
        lines = answer.get("lines", [])
        taken = Counter({line["line_id"]: line["quantity"] for line in lines if line["code"] in TAKING})
        with self.lock:
            self.taken.setdefault(attempt_id, taken)

    def tell_off(self, notice_id: str, attempt_id: str, lines: list[Json]) -> None:
        """Note what is not to be shipped, once for each notice."""
        with self.lock:
            if notice_id not in self.notices:
                self.notices.add(notice_id)
                self.told_off[attempt_id].update({line["line_id"]: line["quantity"] for line in lines})

    def give_up(self, attempt_id: str) -> None:
        """Note that nothing of the attempt is shipped: the marketplace did not take the answer."""
        with self.lock:
            self.told_off[attempt_id].update(self.taken.get(attempt_id, Counter()))

    def standing(self) -> dict[str, Pieces]:
        """What it means to ship, by attempt."""
        with self.lock:
            return {name: taken - self.told_off[name] for name, taken in self.taken.items()}


class HostileHandler(Handler):
    server: "HostileSupplier"

    def _order(self, body: bytes) -> None:
        message = json.loads(body)
        if message["type"] == "supplier_order.placed":
            nth = self.server.log.ask(message["data"])
            self.server.play(self, message, nth)
        else:
            super()._order(body)

    def _when_signed(self, body: bytes, answer: Any, **options: Any) -> None:
        message = json.loads(body) if body else {}
        if message.get("type") == "supplier_order.cancellation_requested":
            data, notice_id = message["data"], self.headers["webhook-id"]
            self.server.log.tell_off(notice_id, data["attempt_id"], data["lines"])
        super()._when_signed(body, answer, **options)

    def decide(self, message: Json) -> tuple[int, Json]:
        return self.server.take(message)

    def say(self, status: int, body: Json) -> None:
        self._json(status, body)

    def say_raw(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self._send(status, body, content_type, headers)

    def hang_up(self) -> None:
        self.close_connection = True


Play = Callable[[HostileHandler, Json, int], None]


class HostileSupplier(ReferenceSupplier):
    """One of the fleet. `marketplace` is set once it is registered, for what it says by itself."""

    handler = HostileHandler
    request_queue_size = 512

    def __init__(self, *, play: Play, has_status: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.play, self._has_status, self.log = play, has_status, Log()
        self.marketplace: Marketplace | None = None
        self.promised: dict[str, str] = {}

    @property
    def order_api(self) -> dict[str, str]:
        urls = super().order_api
        return urls if self._has_status else {name: urls[name] for name in ("url", "cancellation_url")}

    def take(self, message: Json) -> tuple[int, Json]:
        status, answer = super().take(message)
        if message["type"] == "supplier_order.placed" and status in (200, 409):
            self.log.take(message["data"]["attempt_id"], answer)
        return status, answer

    def answer_later(self, data: Json, *, times: int = 1, after: float = _MOMENT) -> None:
        """Give the decision by callback, so many times at once."""
        for _ in range(times):
            timer = threading.Timer(after, self.call_back, (data["supplier_order_id"], data["attempt_id"]))
            timer.daemon = True
            timer.start()

    def call_back(self, supplier_order_id: str, attempt_id: str, answer: Json | None = None) -> None:
        """Tell the marketplace what was decided, or something else; if it refuses, that is noted."""
        decided = self.book.decide(attempt_id)
        self.log.take(attempt_id, decided)
        assert self.marketplace is not None
        for _ in range(5):
            try:
                self.marketplace.answer(supplier_order_id, attempt_id, answer or decided)
            except urllib.error.HTTPError as refused:
                if refused.code == 409 and json.loads(refused.read())["code"] == "CHANGED_MEANWHILE":
                    continue
                if refused.code < 500:
                    if answer is None:
                        self.log.give_up(attempt_id)
                    return
            except OSError:
                pass
            else:
                if answer is not None:
                    self.log.give_up(attempt_id)
                return
            time.sleep(_MOMENT)


def honest(call: HostileHandler, message: Json, _nth: int) -> None:
    call.say(*call.decide(message))


def hangs(call: HostileHandler, _message: Json, _nth: int) -> None:
    time.sleep(_LONGER_THAN_A_CALL)
    call.hang_up()


def drips(call: HostileHandler, message: Json, nth: int) -> None:
    """Takes the order, and tells so too slowly to be heard."""
    status, answer = call.decide(message)
    if nth > 1:
        call.say(status, answer)
        return
    body = json.dumps(answer).encode()
    call.hang_up()
    try:
        call.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        for byte in body[: int(_LONGER_THAN_A_CALL / _MOMENT)]:
            call.wfile.write(bytes([byte]))
            time.sleep(_MOMENT)
    except OSError:
        pass  # the marketplace has given up, as it should


def fails_first(call: HostileHandler, message: Json, nth: int) -> None:
    if nth == 1:
        call.say_raw(503, b"", "text/plain")
    else:
        call.say(*call.decide(message))


def fails(call: HostileHandler, _message: Json, _nth: int) -> None:
    call.say_raw(500, b"Traceback (most recent call last):", "text/plain")


def redirects(call: HostileHandler, _message: Json, _nth: int) -> None:
    call.say_raw(307, b"", "text/plain", Location=call.server.website + "orders")


def talks_html(call: HostileHandler, _message: Json, _nth: int) -> None:
    call.say_raw(200, b"<!doctype html><p>Thank you!", "text/html")


def takes_more(call: HostileHandler, message: Json, _nth: int) -> None:
    status, answer = call.decide(message)
    more = [{**line, "quantity": line["quantity"] + 5} for line in answer["lines"]]
    call.say(status, {**answer, "lines": more})


def names_other_lines(call: HostileHandler, message: Json, _nth: int) -> None:
    line = {"line_id": "lin_of_somebody_1", "code": "ACCEPTED", "quantity": 1}
    call.say(200, {"status": "ACCEPTED", "lines": [line]})


def loses_its_answer(call: HostileHandler, message: Json, nth: int) -> None:
    status, answer = call.decide(message)
    call.hang_up() if nth == 1 else call.say(status, answer)


def loses_the_order(call: HostileHandler, message: Json, nth: int) -> None:
    """The first time nothing is kept, nor said."""
    call.hang_up() if nth == 1 else call.say(*call.decide(message))


def is_slow(call: HostileHandler, message: Json, _nth: int) -> None:
    status, answer = call.decide(message)
    time.sleep(2)
    call.say(status, answer)


def calls_back(call: HostileHandler, message: Json, nth: int) -> None:
    call.say(*call.decide(message))
    if nth == 1:
        call.server.answer_later(message["data"])


def calls_back_three_times(call: HostileHandler, message: Json, nth: int) -> None:
    call.say(*call.decide(message))
    if nth == 1:
        call.server.answer_later(message["data"], times=3)


def calls_back_before_it_answers(call: HostileHandler, message: Json, nth: int) -> None:
    call.decide(message)
    if nth == 1:
        call.server.call_back(message["data"]["supplier_order_id"], message["data"]["attempt_id"])
    call.say(202, {})


def promises(call: HostileHandler, message: Json, _nth: int) -> None:
    """Has it, and answers only after the time for it is over."""
    data = message["data"]
    call.say(*call.decide(message))
    call.server.promised[data["attempt_id"]] = data["supplier_order_id"]


def contradicts_itself(call: HostileHandler, message: Json, nth: int) -> None:
    """Accepts, and rejects by callback."""
    status, answer = call.decide(message)
    call.say(status, answer)
    if nth == 1:
        data = message["data"]
        no = {"lines": [{"line_id": each["line_id"], "code": "OTHER"} for each in data["lines"]]}
        call.server.call_back(data["supplier_order_id"], data["attempt_id"], no)


class TakesAPart(OrderBook):
    """One piece less of every line."""

    def _line(self, line: Json, **options: Any) -> Json:
        answered = super()._line(line, **options)
        return {**answered, "quantity": max(0, answered["quantity"] - 1)}


class TakesNothing(OrderBook):
    def _line(self, line: Json, **_options: Any) -> Json:
        return {"line_id": line["line_id"], "code": "OUT_OF_STOCK", "quantity": 0}


def a_fleet() -> dict[str, Json]:
    """What to make each of its suppliers with, by name."""

    def later() -> OrderBook:
        return OrderBook(answers_later=True)

    return {
        "honest": {"play": honest},
        "honest-2": {"play": honest},
        "takes-a-part": {"play": honest, "book": TakesAPart()},
        "takes-nothing": {"play": honest, "book": TakesNothing()},
        "hangs": {"play": hangs},
        "drips": {"play": drips},
        "fails-first": {"play": fails_first},
        "fails": {"play": fails},
        "redirects": {"play": redirects},
        "talks-html": {"play": talks_html},
        "takes-more": {"play": takes_more},
        "names-other-lines": {"play": names_other_lines},
        "loses-its-answer": {"play": loses_its_answer},
        "loses-its-answer-untold": {"play": loses_its_answer, "has_status": False},
        "loses-the-order": {"play": loses_the_order},
        "is-slow": {"play": is_slow},
        "calls-back": {"play": calls_back, "book": later()},
        "calls-back-three-times": {"play": calls_back_three_times, "book": later()},
        "calls-back-first": {"play": calls_back_before_it_answers, "book": later()},
        "promises": {"play": promises, "book": later()},
        "contradicts-itself": {"play": contradicts_itself},
    }
