"""The OpenAPI 3.1 document, made of the routes themselves and the schemas that they check with."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from chalicelib.api.feed_body import UNTOUCHED
from chalicelib.api.http import Endpoint
from chalicelib.api.schemas.common import ProblemSchema
from chalicelib.auth import PUBLIC, Role

Routes = Mapping[str, Mapping[str, Any]]

_SECURITY = {
    Role.SUPPLIER: ("supplierKey", "A supplier's API key `mk_…`."),
    Role.ORDER: ("orderToken", "The token `ot_…` that an order was answered with."),
    Role.ADMIN: ("administrator", "An id or access token of an administrator, from the user pool."),
}
_FEED = {name: {"schema": {"type": "string", "format": "binary"}} for name in UNTOUCHED}
_PARAMETER = re.compile(r"\{(\w+)\}")
_PROBLEM = "application/problem+json"
_JSON = "application/json"
_TEXT = {"type": "string"}
_CROWDED = "CONTENTION: nothing was done, try again"
_CORRELATION = "X-Correlation-Id"
_HEADERS = {
    _CORRELATION: "The request's correlation id, in logs and events alike.",
    "ETag": "The version that was answered.",
    "Location": "Where what was created is read.",
    "Idempotency-Replayed": "`true` where the answer is a stored one.",
}


def document(routes: Routes, *, version: str) -> dict[str, Any]:
    """The document of these Chalice routes. A route without an `endpoint` is a fault: AttributeError."""
    plugin = MarshmallowPlugin()
    spec = APISpec(
        title="Marketplace back office",
        version=version,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={
            "description": "Suppliers, offers, catalogue, orders and administration of a marketplace.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        servers=[{"url": ".", "description": "where this document was read"}],
    )
    for role, (name, description) in _SECURITY.items():
        scheme = {"type": "http", "scheme": "bearer", "description": description}
        spec.components.security_scheme(
            name, scheme | ({"bearerFormat": "JWT"} if role is Role.ADMIN else {})
        )
    spec.components.schema("Problem", schema=ProblemSchema)
    for name, text in _HEADERS.items():
        spec.components.header(name, {"description": text, "schema": {"type": "string"}})
    for path, methods in sorted(routes.items()):
        operations = {
            method.lower(): _operation(path, entry.view_function.endpoint, plugin)
            for method, entry in methods.items()
        }
        spec.path(path=path, operations=operations)
    return spec.to_dict()


def _operation(path: str, described: Endpoint, plugin: MarshmallowPlugin) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": described.name,
        "summary": described.summary,
        "tags": [path.split("/")[1]],
        "parameters": list(_parameters(path, described, plugin)),
        "responses": {**_answers(described), **_problems(path, described)},
        "security": _security(described),
    }
    schema = _patch_of(described.patch, plugin) if described.patch else described.body
    if schema is not None:
        content = {name: {"schema": schema} for name in described.media_types}
        operation["requestBody"] = {
            "required": True,
            "content": content | (_FEED if described.feed else {}),
        }
    return operation


def _patch_of(schema: Schema, plugin: MarshmallowPlugin) -> dict[str, Any]:
    """A merge patch of the schema: any field may be left out, null takes away one that is not required."""
    properties = {name: _patch_of_field(field, plugin) for name, field in schema.fields.items()}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _patch_of_field(field: fields.Field[Any], plugin: MarshmallowPlugin) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        described = _patch_of(field.schema, plugin)
    else:
        assert plugin.converter is not None  # noqa: S101 - set since the plugin joined a document
        described = {**plugin.converter.field2property(field)}
        described.pop("default", None)
    return described if field.required else {"anyOf": [described, {"type": "null"}]}


def _parameters(path: str, described: Endpoint, plugin: MarshmallowPlugin) -> Iterator[dict[str, Any]]:
    for name in _PARAMETER.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    if described.query is not None:
        assert plugin.converter is not None  # noqa: S101 - set since the plugin joined a document
        yield from plugin.converter.schema2parameters(type(described.query), location="query")
    headers = {
        "Idempotency-Key": described.idempotency_key,
        "If-Match": described.if_match,
        "If-None-Match": "optional" if HTTPStatus.NOT_MODIFIED in described.answers else "none",
        "X-Correlation-Id": "optional",
    }
    for name, need in headers.items():
        if need != "none":
            yield {
                "name": name,
                "in": "header",
                "required": need == "required",
                "schema": {"type": "string"},
            }


def _answers(described: Endpoint) -> dict[str, Any]:
    return {str(status): _answer(status, schema) for status, schema in described.answers.items()}


def _answer(status: int, schema: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "headers": {name: _reference(name) for name in _HEADERS},
    }
    if schema is not None:
        forms = schema if isinstance(schema, tuple) else (schema,)
        answer["content"] = dict(map(_form, forms))
    return answer


def _form(form: Any) -> tuple[str, dict[str, Any]]:
    """One media type that an answer may have, with its schema."""
    if isinstance(form, str):
        return form, {"schema": {} if form == _JSON else _TEXT}
    return _JSON, {"schema": form}


def _problems(path: str, described: Endpoint) -> dict[str, Any]:
    found = {
        int(status): {
            "description": text,
            "headers": {_CORRELATION: _reference(_CORRELATION)},
            "content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in sorted(_refusals(path, described))
    }
    return {str(status): problem for status, problem in found.items()}


def _refusals(path: str, described: Endpoint) -> Iterator[tuple[int, str]]:
    """Every status that this operation may refuse with, and its codes."""
    if described.body or described.patch:
        yield 400, "MALFORMED_JSON, DUPLICATE_KEY, JSON_TOO_DEEP, or a bad header"
        yield 413, "BODY_TOO_LARGE"
        yield 415, "UNSUPPORTED_MEDIA_TYPE"
        yield 422, "INVALID_BODY, with a pointer and a code for every fault"
    elif described.query:
        yield 400, "INVALID_CURSOR"
        yield 422, "INVALID_BODY, with a pointer to each parameter at fault"
    if described.access != PUBLIC:
        yield 401, "CREDENTIALS_MISSING, CREDENTIALS_INVALID"
        yield 403, "FORBIDDEN, INSUFFICIENT_SCOPE"
        yield 503, f"IDENTITY_PROVIDER_UNAVAILABLE, {_CROWDED}"
    elif described.body:
        yield 503, _CROWDED
    if "{" in path:
        yield 404, "NOT_FOUND: unknown, or not yours"
    if described.if_match != "none":
        yield 412, "STALE_VERSION"
    if described.if_match == "required":
        yield 428, "IF_MATCH_REQUIRED"
    yield 429, "Too many requests; Retry-After says when"
    yield 500, "INTERNAL_ERROR"
    yield from _conflicts(described)


def _conflicts(described: Endpoint) -> Iterator[tuple[int, str]]:
    named = dict(described.problems)
    if described.idempotency_key != "none":
        named[409] = ", ".join(filter(None, [named.get(409), "IDEMPOTENCY_IN_PROGRESS"]))
    yield from named.items()


def _security(described: Endpoint) -> list[dict[str, list[str]]]:
    """Who may call it; beside an API key stands the scope that it needs."""
    access = described.access
    if access == PUBLIC:
        return []
    scopes = {Role.SUPPLIER: [str(access.scope)]}
    return [{_SECURITY[role][0]: scopes.get(role, [])} for role in sorted(access.roles)]


def _reference(header: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{header}"}
