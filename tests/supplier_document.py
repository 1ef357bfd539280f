"""docs/supplier-api.yaml as a judge of what goes over the wire."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

PATH = Path(__file__).parents[1] / "docs" / "supplier-api.yaml"
DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text())
COMPONENTS = DOCUMENT["components"]
ORDERS, STATUS = "/orders", "/orders/{attempt_id}/status"
CANCELLATION, INVENTORY = "/orders/{attempt_id}/cancellation", "/inventory"


def check(schema: str, body: Any) -> None:
    """Fail unless `body` is of the schema. Every field has to be described."""
    reference = {"$ref": f"#/components/schemas/{schema}", "components": _closed(COMPONENTS)}
    Draft202012Validator(reference).validate(body)


def check_call(path: str, method: str, headers: Mapping[str, str]) -> None:
    """Fail unless every header that the operation requires is there, and of its form."""
    sent = {name.lower(): value for name, value in headers.items()}
    for parameter in _parameters(path, method):
        if parameter["in"] != "header":
            continue
        value = sent.get(parameter["name"].lower())
        assert value is not None or not parameter["required"], parameter["name"]
        Draft202012Validator({**parameter["schema"], "components": COMPONENTS}).validate(value)


def check_answer(path: str, method: str, status: int, body: Any) -> None:
    """Fail unless the operation may be answered so."""
    described = responses(path, method)
    response = described.get(str(status)) or described[f"{status // 100}XX"]
    if "content" in response:
        schema = response["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": COMPONENTS}).validate(body)


def responses(path: str, method: str) -> dict[str, dict[str, Any]]:
    """An operation's answers by status, references followed."""
    found = DOCUMENT["paths"][path][method]["responses"]
    return {status: _followed(response) for status, response in found.items()}


def _parameters(path: str, method: str) -> list[dict[str, Any]]:
    return [_followed(each) for each in DOCUMENT["paths"][path][method]["parameters"]]


def _followed(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = DOCUMENT
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _closed(part: Any) -> Any:
    """The same schemas with no room for fields that they do not name."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    inner = {name: _closed(each) for name, each in part.items()}
    return {**inner, "additionalProperties": False} if "properties" in part else inner
