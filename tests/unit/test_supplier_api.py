import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_server import raw_server, saying

from chalicelib import telemetry
from chalicelib.clients import supplier_api
from chalicelib.clients.guarded import Reply, Rules
from chalicelib.clients.supplier_api import (
    Answered,
    AnswerLater,
    CancellationAnswered,
    CancellationOutcome,
    NeverSeen,
    Outcome,
    TryAgain,
)
from chalicelib.domain import signing
from chalicelib.domain.acceptance import Answer, LineAnswer
from chalicelib.domain.notices import CancellationAnswer, LetGo

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RULES = Rules(allowed_private_hosts={"127.0.0.1"}, read_seconds=0.5)
ACCEPTED = {"status": "ACCEPTED"}


def http(status: int, body: Any = "", **headers: str) -> bytes:
    payload = (
        body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    )
    lines = [f"HTTP/1.1 {status} X", *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(payload)}", "", ""]).encode() + payload


def placed(answer: Callable[[socket.socket], None] | bytes) -> Outcome:
    with raw_server(saying(answer) if isinstance(answer, bytes) else answer) as server:
        return supplier_api.place(
            {"url": server.url}, secret=SECRET, attempt_id="att_x_1", data={"lines": []}, rules=RULES
        )


def asked(answer: bytes) -> Outcome:
    with raw_server(saying(answer)) as server:
        order_api = {"url": server.url, "status_url": server.url + "status/{attempt_id}"}
        return supplier_api.status(order_api, secret=SECRET, attempt_id="att_x_1", rules=RULES)


def canceled(answer: bytes) -> CancellationOutcome:
    with raw_server(saying(answer)) as server:
        order_api = {"url": server.url, "cancellation_url": server.url + "cancellation/{attempt_id}"}
        outcome = supplier_api.cancel(
            order_api,
            secret=SECRET,
            attempt_id="att_x_1",
            message_id="can_x_1_1",
            data={"lines": []},
            rules=RULES,
        )
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /cancellation/att_x_1 ")
    assert b"webhook-id: can_x_1_1\r\n" in head
    assert json.loads(body)["type"] == "supplier_order.cancellation_requested"
    return outcome


def test_an_order_is_signed_and_says_what_it_is() -> None:
    telemetry.bind("cor-7")
    with raw_server(saying(http(200, ACCEPTED))) as server:
        supplier_api.place(
            {"url": server.url + "orders"},
            secret=SECRET,
            attempt_id="att_x_1",
            data={"title": "Tee"},
            rules=RULES,
        )

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    sent = head.decode().split("webhook-signature: ")[1].split("\r\n")[0]
    message_id = signing.verify(
        secret=SECRET, headers=headers | {"webhook-signature": sent}, body=body, now=int(time.time())
    )
    assert message_id == headers["idempotency-key"] == "att_x_1"
    assert headers["x-correlation-id"] == "cor-7"
    assert json.loads(body)["type"] == "supplier_order.placed"
    assert json.loads(body)["data"] == {"title": "Tee"}


@pytest.mark.parametrize("status", [200, 201, 409])
def test_a_readable_answer_is_the_answer(status: int) -> None:
    line = {"line_id": "lin_1", "code": "ACCEPTED", "quantity": 2, "available_on": "2026-12-01", "more": 1}
    body = {"status": "PARTIALLY_ACCEPTED", "supplier_reference": "R-1", "lines": [line]}

    assert placed(http(status, body)) == Answered(
        Answer("PARTIALLY_ACCEPTED", (LineAnswer("lin_1", "ACCEPTED", 2, "2026-12-01"),), "R-1")
    )


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refused_request_is_a_rejection(status: int) -> None:
    assert placed(http(status, "<html>no</html>")) == Answered(Answer("REJECTED"))


def test_202_means_later() -> None:
    assert placed(http(202)) == AnswerLater()


@pytest.mark.parametrize("status", [200, 409])
def test_a_supplier_says_whether_it_lets_go(status: int) -> None:
    let_go = {"status": "CANCELLATION_ACCEPTED", "lines": [{"line_id": "lin_1", "quantity": 2}]}

    assert canceled(http(status, let_go)) == CancellationAnswered(
        CancellationAnswer("CANCELLATION_ACCEPTED", (LetGo("lin_1", 2),))
    )
    assert canceled(http(status, {"status": "CANCELLATION_REJECTED"})) == CancellationAnswered(
        CancellationAnswer("CANCELLATION_REJECTED")
    )


def test_a_cancellation_may_be_answered_later_or_be_of_what_was_never_seen() -> None:
    assert canceled(http(202)) == AnswerLater()
    assert canceled(http(404)) == NeverSeen()


@pytest.mark.parametrize(
    "answer",
    [
        http(500),
        http(200, "<html>ok</html>"),
        http(200, {"status": "ACCEPTED"}),
        http(200, {"status": "CANCELLATION_ACCEPTED", "lines": ["lin_1"]}),
        http(200, {"status": "CANCELLATION_ACCEPTED", "lines": [{"line_id": "l", "quantity": True}]}),
    ],
    ids=["trouble", "no JSON", "another answer", "lines that are none", "a quantity that is none"],
)
def test_another_answer_to_a_cancellation_is_tried_again(answer: bytes) -> None:
    assert isinstance(canceled(answer), TryAgain)


@pytest.mark.parametrize("status", [301, 307, 401, 403, 408, 425, 429, 500, 502, 503])
def test_other_answers_are_tried_again(status: int) -> None:
    assert placed(http(status)) == TryAgain(f"HTTP_{status}")


def test_retry_after_is_honoured_in_both_forms() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)

    assert placed(http(503, Retry_After="7")) == TryAgain("HTTP_503", 7)
    assert placed(http(429, Retry_After="whenever")) == TryAgain("HTTP_429", None)
    assert placed(http(429, Retry_After=f"Mon, 01 Jan 2024 00:00:00 +{'9' * 18}")) == TryAgain(
        "HTTP_429", None
    )
    outcome = placed(http(503, Retry_After=soon))
    assert isinstance(outcome, TryAgain)
    assert 95 <= (outcome.retry_after or 0) <= 100


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>ok</html>",
        "[]",
        "null",
        '"ACCEPTED"',
        "[" * 100_000,
        "9" * 5000,
        b"\xff\xfe\x00",
        {"status": "accepted"},
        {"status": ["ACCEPTED"]},
        {"status": {}},
        {"status": "ACCEPTED", "lines": {}},
        {"status": "ACCEPTED", "lines": ["lin_1"]},
        {"status": "ACCEPTED", "lines": [{}]},
        {"status": "ACCEPTED", "lines": [{"line_id": 1, "code": "ACCEPTED"}]},
        {"status": "ACCEPTED", "lines": [{"line_id": "lin_1", "code": []}]},
        {"status": "ACCEPTED", "lines": [{"line_id": "lin_1", "code": "ACCEPTED", "quantity": "2"}]},
        {"status": "ACCEPTED", "lines": [{"line_id": "lin_1", "code": "ACCEPTED", "quantity": True}]},
        {"status": "ACCEPTED", "lines": [{"line_id": "lin_1", "code": "ACCEPTED", "quantity": 1.5}]},
        {"status": "ACCEPTED", "lines": [{"line_id": "l", "code": "BACKORDERED", "available_on": "soon"}]},
        {"status": "ACCEPTED", "supplier_reference": "x" * 300},
        {"status": "ACCEPTED", "supplier_reference": {"a": 1}},
        {"status": "ACCEPTED", "supplier_reference": "\ud800"},
    ],
)
def test_an_answer_in_any_other_form_is_tried_again(body: Any) -> None:
    assert placed(http(200, body)) == TryAgain("INVALID_ANSWER")


def test_an_answer_that_is_too_large_or_too_slow_is_tried_again() -> None:
    assert placed(http(200, "x" * 300_000)) == TryAgain("TOO_LARGE")
    assert placed(lambda connection: time.sleep(2)) == TryAgain("TIMED_OUT")


def test_a_url_that_may_not_be_called_is_no_exception() -> None:
    url = {"url": "https://169.254.169.254/"}

    assert supplier_api.place(url, secret=SECRET, attempt_id="att_x_1", data={}, rules=RULES) == TryAgain(
        "REFUSED_ADDRESS"
    )


def test_the_status_of_an_attempt_is_asked_for_by_its_id() -> None:
    with raw_server(saying(http(200, ACCEPTED))) as server:
        order_api = {"status_url": server.url + "status?of={attempt_id}"}
        outcome = supplier_api.status(order_api, secret=SECRET, attempt_id="att_x_1", rules=RULES)

    assert outcome == Answered(Answer("ACCEPTED"))
    assert server.requests[0].startswith(b"GET /status?of=att_x_1 HTTP/1.1\r\n")


def test_a_supplier_may_know_nothing_of_an_attempt() -> None:
    assert asked(http(404)) == NeverSeen()
    assert asked(http(400)) == TryAgain("HTTP_400")
    assert asked(http(202)) == AnswerLater()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"status": "accepted"}, "/status is none of ACCEPTED, BACKORDERED, PARTIALLY_ACCEPTED, REJECTED."),
        ({"status": "ACCEPTED", "lines": [{}]}, "/lines/0/line_id is missing."),
        (
            {"status": "ACCEPTED", "lines": [{"line_id": "l", "code": "OTHER", "quantity": 1.5}]},
            "/lines/0/quantity is no whole number.",
        ),
        ([], "The body is no JSON object."),
    ],
)
def test_an_answer_that_is_not_understood_says_where(body: Any, detail: str) -> None:
    outcome = supplier_api.outcome(Reply(200, {}, json.dumps(body).encode()))

    assert isinstance(outcome, TryAgain)
    assert outcome.detail == detail


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["ACCEPTED", "OTHER"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
answers = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["ACCEPTED", "REJECTED"]) | values,
        "supplier_reference": values,
        "lines": st.lists(
            st.fixed_dictionaries(
                {}, optional={"line_id": values, "code": values, "quantity": values, "available_on": values}
            )
        )
        | values,
    },
)


@given(answers | values)
def test_no_json_value_is_more_than_an_outcome(body: Any) -> None:
    outcome = supplier_api.outcome(Reply(200, {}, json.dumps(body).encode()))

    assert isinstance(outcome, Answered) or outcome == TryAgain("INVALID_ANSWER")
