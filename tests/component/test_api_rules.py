"""What holds for every route: bodies, headers, problems, and that nothing breaks it."""

import json
import os
from curses.ascii import iscntrl
from pathlib import Path

import pytest
from api import app, call
from bodies import a_registration

from chalicelib import auth
from chalicelib.api import http
from chalicelib.storage.items import Item

pytestmark = pytest.mark.usefixtures("aws")

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
JSON_SUITE = sorted((DATA / "json-test-suite" / "test_parsing").glob("*.json"))
NAUGHTY = DATA / "blns" / "blns.json"

present = pytest.mark.skipif(not JSON_SUITE, reason="the JSON test suite is not here")


@present
@pytest.mark.parametrize("as_text", [False, True], ids=["bytes", "text"])
def test_what_is_not_json_is_a_400_and_stores_nothing(as_text: bool) -> None:
    wrong = {}
    for path in JSON_SUITE:
        if path.name.startswith("n_"):
            raw = path.read_bytes()
            sent = raw.decode("utf-8", "replace").encode() if as_text else raw
            reply = call("POST", "/suppliers", raw=sent)
            wrong |= {} if reply.status == 400 else {path.name: reply.status}

    assert wrong == {}
    assert list(Item.scan()) == []


@present
def test_what_is_json_is_never_a_5xx() -> None:
    statuses = {
        path.name: call("POST", "/suppliers", raw=path.read_bytes()).status
        for path in JSON_SUITE
        if path.name[:2] in ("y_", "i_")
    }

    duplicates = {"y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"}
    assert {statuses[name] for name in duplicates} == {400}
    assert {status for name, status in statuses.items() if name[:2] == "y_" and name not in duplicates} == {
        422
    }
    assert all(status in (400, 422) for status in statuses.values())


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the naughty strings are not here")
def test_naughty_strings_are_kept_as_they_are_or_refused() -> None:
    registered = call("POST", "/suppliers", a_registration()).json
    target, token = f"/suppliers/{registered['supplier']['supplier_id']}", registered["api_key"]

    for text in json.loads(NAUGHTY.read_text()):
        reply = call(
            "PATCH", target, {"legal_name": text, "brands": [{"name": text, "owned": True}]}, token=token
        )
        is_printed = all(character in "\t\n\r" or not iscntrl(character) for character in text)
        assert reply.status == (200 if 0 < len(text) <= 200 and is_printed else 422)
        if reply.status == 200:
            assert call("GET", target, token=token).json["legal_name"] == text


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "MALFORMED_JSON"),
        (b"\xef\xbb\xbf{}", "MALFORMED_JSON"),
        (b'{"a": NaN}', "MALFORMED_JSON"),
        (b'{"a": -Infinity}', "MALFORMED_JSON"),
        (b'{"a": 1e99999999999999999999}', "MALFORMED_JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "MALFORMED_JSON"),
        (b'{"a": "\\ud800"}', "MALFORMED_JSON"),
        (b'{"\\udc00": 1}', "MALFORMED_JSON"),
        (b'{"a": {"b": 1, "b": 2}}', "DUPLICATE_KEY"),
        (b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}", "JSON_TOO_DEEP"),
        (b"[" * 100_000, "JSON_TOO_DEEP"),
    ],
)
def test_a_body_that_readers_would_understand_differently_is_refused(raw: bytes, code: str) -> None:
    reply = call("POST", "/suppliers", raw=raw)

    assert (reply.status, reply.code) == (400, code)
    assert reply.headers["Content-Type"].startswith("application/problem+json")


def test_brackets_inside_strings_are_no_depth() -> None:
    assert call("POST", "/suppliers", a_registration(legal_name="[{" * 40)).status == 202


def test_a_body_that_is_too_large_is_refused_unread() -> None:
    reply = call("POST", "/suppliers", raw=b"x" * (256 * 1024 + 1))

    assert (reply.status, reply.code) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "",
        "json",
        "*/*",
    ],
)
def test_another_media_type_is_refused(content_type: str) -> None:
    reply = call("POST", "/suppliers", a_registration(), headers={"Content-Type": content_type})

    assert (reply.status, reply.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("content_type", ["Application/JSON", 'application/json; charset="UTF-8"'])
def test_the_media_type_is_read_as_http_writes_it(content_type: str) -> None:
    assert call("POST", "/suppliers", a_registration(), headers={"Content-Type": content_type}).status == 202


def test_a_merge_patch_is_no_body_of_a_post() -> None:
    headers = {"Content-Type": "application/merge-patch+json"}

    assert call("POST", "/suppliers", a_registration(), headers=headers).status == 415


def test_a_method_that_a_route_does_not_take_is_a_problem() -> None:
    reply = call("DELETE", "/suppliers")

    assert (reply.status, reply.code) == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/products/prd_{}", "/products/by-gtin/{}", "/orders/ord_{}", "/suppliers/sup_{}"]
)
def test_a_name_longer_than_any_of_ours_is_unknown(path: str, admin: str) -> None:
    assert call("GET", path.format("9" * 3000), token=admin).status == 404


@pytest.mark.parametrize("sent", ["abc-123", "x" * 128, "with spaces and ~!"])
def test_the_callers_correlation_id_is_kept(sent: str) -> None:
    registered = call("POST", "/suppliers", a_registration(), headers={"X-Correlation-Id": sent})

    supplier = next(item for item in Item.scan() if item.sk == "PROFILE")
    assert registered.headers["X-Correlation-Id"] == sent
    assert supplier.correlation_id == sent


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "line\nbreak", "näh", "\x00"])
def test_another_correlation_id_is_replaced(sent: str | None) -> None:
    reply = call("GET", "/health", headers={} if sent is None else {"X-Correlation-Id": sent})

    assert reply.headers["X-Correlation-Id"].startswith("req_")


def test_every_refusal_is_a_whole_problem() -> None:
    reply = call("GET", "/suppliers/sup_1")

    assert reply.json == {
        "type": "about:blank",
        "title": "Credentials needed",
        "status": 401,
        "detail": reply.json["detail"],
        "instance": "/v1/suppliers/sup_1",
        "code": "CREDENTIALS_MISSING",
    }
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_a_failure_of_ours_says_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TABLE_NAME")

    reply = call("POST", "/suppliers", a_registration(legal_name="Private Person"))

    logged = capsys.readouterr()
    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
    assert "KeyError" not in reply.text
    assert "Private Person" not in logged.err + logged.out


def test_an_idempotency_key_of_256_characters_is_too_long() -> None:
    reply = call("POST", "/suppliers", a_registration(), headers={"Idempotency-Key": "x" * 256})

    assert (reply.status, reply.code) == (400, "IDEMPOTENCY_KEY_INVALID")


def test_every_route_says_who_may_call_it() -> None:
    views = [entry.view_function for methods in app.routes.values() for entry in methods.values()]

    names = [view.endpoint.name for view in views]
    assert sorted(names) == sorted(auth.ACCESS)


def test_a_route_that_does_not_say_who_may_call_it_cannot_be_made() -> None:
    def forgotten() -> None:
        pass

    with pytest.raises(LookupError, match="forgotten"):
        http.endpoint("Forgotten", answers={200: None})(forgotten)  # type: ignore[arg-type]


def test_health_answers_without_anything_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_NAME")

    assert call("GET", "/health").json == {"status": "ok", "version": "0.1.0"}
