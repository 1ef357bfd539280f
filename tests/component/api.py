"""The API in process: events as API Gateway sends them, and every answer held against its document."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from jsonschema import Draft202012Validator

from app import app
from chalicelib.api.docs import VERSION
from chalicelib.api.openapi import document

DOCUMENT = document(app.routes, version=VERSION)
STAGE = "/v1"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def etag(self) -> str:
        return self.headers["ETag"]

    @property
    def code(self) -> str:
        return str(self.json["code"])

    @property
    def faults(self) -> dict[str, str]:
        """Codes of a 422 by pointer."""
        return {each["pointer"]: each["code"] for each in self.json.get("errors", [])}


def call(
    method: str,
    target: str,
    body: Any = None,
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
) -> Reply:
    """Send one request. `body` goes as JSON; `raw` goes as it is, as the gateway sends binary bodies."""
    sent = {"content-type": "application/json"} if body is not None or raw is not None else {}
    sent |= {name.lower(): value for name, value in (headers or {}).items()}
    if token:
        sent["authorization"] = f"Bearer {token}"
    event = _event(method, target, sent)
    if raw is not None:
        event |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
    elif body is not None:
        event["body"] = json.dumps(body)
    answer = app(event, None)
    reply = Reply(answer["statusCode"], answer["headers"], answer["body"])
    check_is_documented(method, event["requestContext"]["resourcePath"], reply)
    return reply


def check_is_documented(method: str, route: str, reply: Reply) -> None:
    """Fail unless the OpenAPI document says that this operation answers so."""
    assert reply.headers["X-Correlation-Id"]
    operation = DOCUMENT["paths"][route].get(method.lower())
    if operation is None:
        assert reply.status == 405
        return
    described = operation["responses"].get(str(reply.status))
    assert described, f"{method} {route} answered {reply.status} {reply.text[:300]}"
    media_type = reply.headers.get("Content-Type", "").partition(";")[0]
    if "content" not in described:
        return
    assert media_type in described["content"]
    if media_type in ("application/json", "application/problem+json"):
        schema = {**described["content"][media_type]["schema"], "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(reply.json)


def _event(method: str, target: str, headers: Mapping[str, str]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    route, parameters = match(path)
    return {
        "resource": route,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "pathParameters": parameters or None,
        "multiValueQueryStringParameters": parse_qs(query, keep_blank_values=True) or None,
        "stageVariables": None,
        "requestContext": {"resourcePath": route, "httpMethod": method, "path": STAGE + path},
        "body": None,
        "isBase64Encoded": False,
    }


def match(path: str) -> tuple[str, dict[str, str]]:
    """The route of a path and its parameters, as the gateway finds them: plain parts before variables."""
    parts = path.split("/")
    for route in sorted(app.routes, key=lambda each: each.replace("{", "~")):
        pattern = route.split("/")
        pairs = list(zip(pattern, parts, strict=False))
        if len(pattern) == len(parts) and all(name == part or name[:1] == "{" for name, part in pairs):
            return route, {name[1:-1]: part for name, part in pairs if name[:1] == "{"}
    raise LookupError(path)
