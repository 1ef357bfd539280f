"""A supplier has its order API tried."""

from typing import Any

import pytest
from api import Reply, call
from bodies import a_registration
from raw_server import raw_server, saying

from chalicelib.storage.items import Item
from examples.reference_supplier import serving

pytestmark = pytest.mark.usefixtures("aws")


def tried(url: str, **more: Any) -> Reply:
    registered = call("POST", "/suppliers", a_registration(order_api={"url": url})).json
    target = f"/suppliers/{registered['supplier']['supplier_id']}/order-api/test"
    return call("POST", target, token=more.pop("token", registered["api_key"]), **more)


LADDER = ("SIGNED", "REACHED", "IN_TIME", "STATUS_UNDERSTOOD", "BODY_UNDERSTOOD", "FITS_THE_ORDER")


def held(reply: Reply) -> list[bool | None]:
    """How far the first order came, check by check."""
    found = {check["check"]: check["held"] for check in reply.json["checks"]}
    return [found[name] for name in LADDER]


def details(reply: Reply) -> list[str]:
    """What is said of the checks that did not hold; each says what to mend, too."""
    fallen = [check for check in reply.json["checks"] if check["held"] is False]
    assert all(check["mend"] for check in fallen)
    return [check["detail"] for check in fallen]


def http(status: int, body: str) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_an_order_api_that_holds_is_told_so_and_nothing_is_stored() -> None:
    with serving() as server:
        registered = call("POST", "/suppliers", a_registration(order_api=server.order_api)).json
        server.signing_secret = registered["signing_secret"]
        token, supplier_id = registered["api_key"], registered["supplier"]["supplier_id"]
        call("GET", f"/suppliers/{supplier_id}", token=token)
        before = [item.to_dynamodb_dict() for item in Item.scan()]
        reply = call("POST", f"/suppliers/{supplier_id}/order-api/test", token=token)

    assert reply.status == 200
    assert reply.json["passed"] is True
    assert {check["check"] for check in reply.json["checks"] if not check["held"]} == {"INVENTORY"}
    assert reply.json["http_status"] == 200
    assert server.book.messages[0]["headers"]["webhook-id"] == reply.json["attempt_id"]
    assert server.book.orders == {}
    assert [item.to_dynamodb_dict() for item in Item.scan()] == before


def test_a_wrong_signing_secret_shows() -> None:
    with serving(signing_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") as server:
        reply = tried(server.order_api["url"])

    assert held(reply) == [True, True, True, False, None, None]
    assert details(reply) == ["HTTP_401: Check the signature with the signing secret of the registration."]
    assert reply.json["passed"] is False


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (http(202, ""), [True, True, True, True, None, None], None),
        (http(200, "<html>"), [True, True, True, True, False, None], "The body is no JSON."),
        (
            http(200, '{"status": "ACCEPTED", "lines": [{"line_id": "x", "code": "ACCEPTED"}]}'),
            [True, True, True, True, True, False],
            "The test order has these lines and pieces: lin_test_1 of 1.",
        ),
        (
            http(500, ""),
            [True, True, True, False, None, None],
            "HTTP_500: Answer 200 or 201 with a body, or 202",
        ),
        (b"nonsense\r\n\r\n", [True, True, True, False, None, None], "BROKEN_ANSWER: "),
    ],
)
def test_what_did_not_hold_is_named_and_what_needs_it_is_left_open(
    answer: bytes, outcome: list[bool | None], detail: str | None
) -> None:
    with raw_server(saying(answer)) as server:
        reply = tried(server.url)

    assert held(reply) == outcome
    assert not detail or details(reply)[0].startswith(detail)
    assert reply.json["passed"] is False


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://127.0.0.1:9/", [True, False, None, None, None, None]),
        ("https://10.0.0.1/", [False, None, None, None, None, None]),
        ("ftp://somewhere", [False, None, None, None, None, None]),
    ],
)
def test_what_is_not_reached_or_may_not_be_called_is_told(url: str, outcome: list[bool | None]) -> None:
    assert held(tried(url)) == outcome
