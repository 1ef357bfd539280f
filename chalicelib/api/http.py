"""How every route works: who calls, what was sent, what is answered, what goes wrong.

`endpoint` stands under `@bp.route` and does the same steps for all: authorise, check preconditions, parse
and load the body and the query, call the view, render. `frame` is the app's middleware around it: the
correlation id, Chalice's own errors as problems, one log line. The metadata that `endpoint` keeps on the
view is what `openapi` describes.
"""

import functools
import logging
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from chalice.app import CaseInsensitiveMapping, Request, Response
from marshmallow import Schema

from chalicelib import auth, ids, telemetry
from chalicelib.api import answers as rendering
from chalicelib.api import feed_body, json_body, preconditions
from chalicelib.api.answers import Answer
from chalicelib.api.merge_patch import merge_patch
from chalicelib.bodies import faults
from chalicelib.domain.errors import IllegalMove
from chalicelib.problems import BadRequest, Conflict, NotFound, PreconditionRequired, Problem
from chalicelib.services.versions import Expected

Need = Literal["none", "optional", "required"]
Answered = Schema | str | tuple[Schema | str, ...] | None
"""What a status comes with: an object, text of a media type, one of several of them, nothing."""

JSON_BODY = [json_body.JSON]
PATCH_BODY = [json_body.JSON, json_body.MERGE_PATCH]
"""For `content_types` of a route, so that the gateway's description and the check here agree."""
ANY_TYPE = ["*/*"]
"""For a POST that takes no body: whatever a client says about it does not matter."""

MAX_IDEMPOTENCY_KEY = 255
MAX_CORRELATION_ID = 128
MAX_PATH_NAME = 128

_request: ContextVar[Request] = ContextVar("request")
_CHALICE_REFUSALS = {
    405: ("METHOD_NOT_ALLOWED", "This route does not take this method; see Allow."),
    415: (
        "UNSUPPORTED_MEDIA_TYPE",
        "This route does not take a body of this type; JSON is application/json.",
    ),
}


@dataclass(frozen=True)
class Endpoint:
    """What a route takes and answers, beyond its path: read by the code below and by `openapi`."""

    name: str
    summary: str
    answers: Mapping[int, Answered]
    body: Schema | None = None
    patch: Schema | None = None
    query: Schema | None = None
    feed: bool = False
    signed: bool = False
    problems: Mapping[int, str] = field(default_factory=dict)
    idempotency_key: Need = "none"
    if_match: Need = "none"

    @property
    def access(self) -> auth.Access:
        return auth.ACCESS[self.name]

    @property
    def media_types(self) -> tuple[str, ...]:
        if self.feed:
            return tuple(feed_body.MEDIA_TYPES)
        return tuple(PATCH_BODY if self.patch else JSON_BODY if self.body else ())


@dataclass(frozen=True)
class Message:
    """A body as it came, byte for byte, with the headers (in any case) that say who signed it."""

    headers: Mapping[str, str]
    raw: bytes


@dataclass(frozen=True)
class Call:
    """What a view works with: all of it checked, nothing of it raw."""

    caller: auth.Caller
    body: Any = None
    feed: feed_body.SentFeed | None = None
    message: Message | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    changed: Callable[[Mapping[str, Any]], dict[str, Any]] = dict
    """For a PATCH: makes the new document of the current one, or raises Unprocessable."""
    idempotency_key: str | None = None
    expected: Expected | None = None
    if_none_match: str | None = None
    accept: str = "*/*"


def endpoint(
    summary: str,
    *,
    answers: Mapping[int, Answered],
    body: Schema | None = None,
    patch: Schema | None = None,
    query: Schema | None = None,
    feed: bool = False,
    signed: bool = False,
    problems: Mapping[int, str] | None = None,
    idempotency_key: Need = "none",
    if_match: Need = "none",
) -> Callable[[Callable[..., Answer]], Callable[..., Response]]:
    """Make a view `(call, **path parameters) -> Answer` a route's function.

    Its name must be in `auth.ACCESS`; otherwise importing it fails. `patch` is the schema of the document
    that a merge patch results in; with `feed` the body is a feed, unless it is one JSON object, which `body`
    is the schema of; a `signed` body is for the view to check before anything is read of it; `problems` says
    which further refusals its callers can meet.
    """

    def decorate(view: Callable[..., Answer]) -> Callable[..., Response]:
        described = Endpoint(
            view.__name__,
            summary,
            answers,
            body=body,
            patch=patch,
            query=query,
            feed=feed,
            signed=signed,
            problems=problems or {},
            idempotency_key=idempotency_key,
            if_match=if_match,
        )
        if described.name not in auth.ACCESS:
            raise LookupError(f"auth.ACCESS does not say who may call {described.name}")

        @functools.wraps(view)
        def serve(**path: str) -> Response:
            request = _request.get()
            try:
                answer = _answer(described, view, request, path)
            except Problem as problem:
                return _problem_response(problem, request)
            except IllegalMove as error:
                return _problem_response(Conflict("ILLEGAL_MOVE", f"{error}."), request)
            except Exception as error:  # noqa: BLE001 - the one place: no failure leaves as anything but a problem
                _log_failure(error, request)
                return _problem_response(_internal(), request)
            return rendering.rendered(answer, prefix=_stage_prefix(request))

        serve.endpoint = described  # type: ignore[attr-defined]
        return serve

    return decorate


def frame(request: Request | None, get_response: Callable[[Any], Response]) -> Response:
    """Chalice middleware around every request, also those that reach no view."""
    started = time.perf_counter()
    headers = request.headers if request else {}
    telemetry.bind(_correlation_id(headers.get("x-correlation-id")))
    if request:
        # Without the header a client takes anything (RFC 9110); Chalice would refuse it a file.
        request.headers = CaseInsensitiveMapping({"accept": "*/*", **headers})
        _request.set(request)
    response = get_response(request)
    if isinstance(response.body, Mapping):
        response = _problem_of_chalice(response, _instance(request))
    response.headers["X-Correlation-Id"] = telemetry.correlation_id()
    _log_answer(request, response, started)
    return response


def _problem_response(problem: Problem, request: Request) -> Response:
    return rendering.rendered_problem(problem, instance=_instance(request))


def _answer(
    described: Endpoint, view: Callable[..., Answer], request: Request, raw_path: Mapping[str, str]
) -> Answer:
    path = {name: _decoded(value) for name, value in raw_path.items()}
    headers = request.headers
    caller = auth.authorise(described.name, authorization=headers.get("authorization"), path=path)
    call = Call(
        caller,
        query=_query(described, request),
        idempotency_key=_idempotency_key(described, headers.get("idempotency-key")),
        expected=_expected(described, headers.get("if-match")),
        if_none_match=headers.get("if-none-match"),
        accept=headers["accept"],
        **_content(described, request),
    )
    return view(call, **path)


def _content(described: Endpoint, request: Request) -> dict[str, Any]:
    if not described.media_types:
        return {}
    if described.feed:
        feed = feed_body.sent(request.headers.get("content-type"), request.raw_body)
        if not feed_body.is_object(feed):
            return {"feed": feed}
    json_body.check_media_type(request.headers.get("content-type"), described.media_types)
    if described.signed:
        return {"message": Message(request.headers, request.raw_body)}
    value = json_body.parse(request.raw_body)
    if described.patch is not None:
        return {"changed": _change(described.patch, value)}
    return {"body": faults.load(described.body, value)} if described.body else {}


def _change(schema: Schema, patch: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    if not isinstance(patch, Mapping):
        raise faults.refusal({"_schema": ["A patch of this resource is an object."]})
    unknown = faults.unknown_fields(schema, patch)
    if unknown:
        raise faults.refusal(unknown)
    return lambda current: faults.load(schema, merge_patch(current, patch))


def _query(described: Endpoint, request: Request) -> dict[str, Any]:
    if described.query is None:
        return {}
    sent = request.to_original_event().get("multiValueQueryStringParameters") or {}
    repeated = {name: ["Send this parameter once."] for name, values in sent.items() if len(values) != 1}
    if repeated:
        raise faults.refusal(repeated)
    return faults.load(described.query, {name: values[0] for name, values in sent.items()})


def _idempotency_key(described: Endpoint, header: str | None) -> str | None:
    if described.idempotency_key == "none":
        return None
    key = (header or "").strip()
    if len(key) > MAX_IDEMPOTENCY_KEY:
        raise BadRequest(
            "IDEMPOTENCY_KEY_INVALID", f"An Idempotency-Key has at most {MAX_IDEMPOTENCY_KEY} characters."
        )
    if not key and described.idempotency_key == "required":
        raise BadRequest("IDEMPOTENCY_KEY_MISSING", "Send an Idempotency-Key, new for each thing to create.")
    return key or None


def _expected(described: Endpoint, header: str | None) -> Expected | None:
    if described.if_match == "none":
        return None
    expected = preconditions.if_match(header)
    if expected is None and described.if_match == "required":
        raise PreconditionRequired
    return expected


def _decoded(value: str) -> str:
    """API Gateway leaves path parameters percent-encoded. Nothing is named longer than a table key may be."""
    try:
        name = unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise NotFound from error
    if len(name) > MAX_PATH_NAME:
        raise NotFound
    return name


def _correlation_id(header: str | None) -> str:
    """The caller's id where it is harmless in headers and logs, else a new one."""
    sent = (header or "").strip()
    sane = 0 < len(sent) <= MAX_CORRELATION_ID and sent.isascii() and sent.isprintable()
    return sent if sane else ids.new_id("req")


def _problem_of_chalice(response: Response, instance: str) -> Response:
    status = response.status_code
    failure = ("INTERNAL_ERROR", "Something failed on our side.")
    code, detail = _CHALICE_REFUSALS.get(status, failure)
    body = rendering.problem_body(status, code, title="", detail=detail, instance=instance)
    headers = {
        **response.headers,
        "Content-Type": rendering.PROBLEM_TYPE,
        "Cache-Control": rendering.NOT_STORED,
    }
    return Response(rendering.to_json(body), headers, status)


def _instance(request: Request | None) -> str:
    return str(request.context.get("path") or request.path) if request else "/"


def _stage_prefix(request: Request) -> str:
    """What stands in the URL path before the resource: the gateway's stage, unless a domain maps it away."""
    resource = request.path
    for name, value in (request.uri_params or {}).items():
        resource = resource.replace(f"{{{name}}}", value)
    return _instance(request).rstrip("/").removesuffix(resource)


def _internal() -> Problem:
    return Problem(
        "INTERNAL_ERROR", "Something failed on our side; X-Correlation-Id helps us to find out what."
    )


def _log_failure(error: Exception, request: Request) -> None:
    """Class and place only: a message may quote what was sent."""
    place = traceback.extract_tb(sys.exc_info()[2])[-1]
    telemetry.log(
        "UNEXPECTED_FAILURE",
        level=logging.ERROR,
        error=type(error).__name__,
        at=f"{place.filename.rpartition('/')[2]}:{place.lineno}",
        route=request.path,
    )


def _log_answer(request: Request | None, response: Response, started: float) -> None:
    """One line for what changed something or was refused; plain reads stand in the gateway's access log."""
    if request is None or (request.method == "GET" and response.status_code < 400):
        return
    telemetry.log(
        "REQUEST_ANSWERED",
        method=request.method,
        route=request.path,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - started) * 1000),
    )
