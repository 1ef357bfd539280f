"""The OpenAPI document says what the routes do: no more, no less."""

import json
import tomllib
from pathlib import Path

import pytest
from api import DOCUMENT, app, call
from bodies import a_registration, an_offer_body
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from chalicelib import auth
from chalicelib.api.docs import VERSION

OPERATIONS = {
    (path, method.upper()): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
ROUTES = {
    (path, method): entry.view_function.endpoint
    for path, methods in app.routes.items()
    for method, entry in methods.items()
}


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_every_route_is_described_and_every_description_has_its_route() -> None:
    assert set(OPERATIONS) == set(ROUTES)


@pytest.mark.parametrize("place", sorted(ROUTES), ids=" ".join)
def test_an_operation_takes_what_its_route_takes(place: tuple[str, str]) -> None:
    operation, described = OPERATIONS[place], ROUTES[place]

    parameters = {(each["in"], each["name"]): each.get("required", False) for each in operation["parameters"]}
    in_path = {part[1:-1] for part in place[0].split("/") if part.startswith("{")}
    assert {name for where, name in parameters if where == "path"} == in_path
    of_query = described.query.fields if described.query else {}
    assert {name for where, name in parameters if where == "query"} == {
        field.data_key or name for name, field in of_query.items()
    }
    for header, need in (("Idempotency-Key", described.idempotency_key), ("If-Match", described.if_match)):
        assert parameters.get(("header", header)) == {"none": None, "optional": False, "required": True}[need]
    assert tuple(operation.get("requestBody", {}).get("content", {})) == described.media_types
    assert {int(status) for status in operation["responses"]} >= {*described.answers, 500}
    assert bool(operation["security"]) == (described.access != auth.PUBLIC)


def test_every_operation_and_schema_is_described_with_its_own_name() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in OPERATIONS.values())


@pytest.mark.parametrize(
    ("schema", "body"), [("Registration", a_registration()), ("OfferBody", an_offer_body())]
)
def test_a_described_body_accepts_what_the_route_accepts_and_refuses_the_unknown(
    schema: str, body: dict[str, object]
) -> None:
    validator = Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    )

    assert validator.is_valid(body)
    assert not validator.is_valid({**body, "surprise": 1})


def test_the_document_is_served_with_what_it_describes() -> None:
    reply = call("GET", "/openapi.json")

    assert reply.status == 200
    assert reply.json == json.loads(json.dumps(DOCUMENT))


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]

    assert VERSION == project["version"] == DOCUMENT["info"]["version"]


def test_the_page_shows_every_operation_and_needs_nobody_else() -> None:
    page = call("GET", "/docs")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert all(f'id="{operation["operationId"]}"' in page.text for operation in OPERATIONS.values())
    assert "<script" not in page.text
    assert "src=" not in page.text
