"""Answers and problems as HTTP responses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from chalice.app import Response

from chalicelib.problems import Problem

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json; charset=utf-8"
NOT_STORED = "no-store"


@dataclass(frozen=True)
class Answer:
    """What a view answers. `location` is a path of this API; `replayed` marks a stored answer given again."""

    status: int
    body: Any = None
    etag: str | None = None
    location: str | None = None
    replayed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


def rendered(answer: Answer, *, prefix: str) -> Response:
    """The response of an answer; `prefix` is the part of the URL path before this API's own (its stage)."""
    headers = {"Content-Type": JSON_TYPE, "Cache-Control": NOT_STORED, **answer.headers}
    if answer.etag is not None:
        headers["ETag"] = answer.etag
    if answer.location is not None:
        headers["Location"] = prefix + answer.location
    if answer.replayed:
        headers["Idempotency-Replayed"] = "true"
    if isinstance(answer.body, str):
        return _Text(answer.body, headers, answer.status)
    body = "" if answer.body is None else to_json(answer.body)
    return Response(body, headers, answer.status)


class _Text(Response):
    """Text goes out as it is, although requests of some text types come in as bytes: the gateway undoes
    base64 only for clients that ask for the very type."""

    def to_dict(self, _binary_types: list[str] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = super().to_dict()
        return answer


def rendered_problem(problem: Problem, *, instance: str) -> Response:
    """The response of a refusal, RFC 9457."""
    body = problem_body(
        problem.status, problem.code, title=problem.title, detail=problem.detail, instance=instance
    )
    if problem.errors:
        body["errors"] = [
            {"pointer": error.pointer, "code": error.code, "detail": error.detail} for error in problem.errors
        ]
    body |= problem.extra
    headers = {"Content-Type": PROBLEM_TYPE, "Cache-Control": NOT_STORED, **problem.headers}
    return Response(to_json(body), headers, problem.status)


def problem_body(status: int, code: str, *, title: str, detail: str, instance: str) -> dict[str, Any]:
    """The members of a problem. `code` is what a program reads; the type says no more than the status."""
    return {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
    }


def to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_exact)


def _exact(value: Any) -> Any:
    """A Decimal is written as it is: whole ones as a number, others as text, so that no digit is lost."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
