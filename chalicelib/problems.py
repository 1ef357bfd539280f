"""What a use case raises when it must refuse; the API renders it as RFC 9457 problem+json."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FieldProblem:
    """One fault in a body: where (JSON pointer), a stable code, and what to do."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal that the caller can understand. `code` is stable; `detail` says what to do next; `extra` are
    members that a program may read besides."""

    status = 500
    title = "Internal error"

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class BadRequest(Problem):
    status, title = 400, "Bad request"


class Unauthorized(Problem):
    status, title = 401, "Credentials needed"


class Forbidden(Problem):
    status, title = 403, "Not allowed"


class NotFound(Problem):
    """Unknown, or not yours: the answer is the same, so that nothing can be probed."""

    status, title = 404, "Not found"

    def __init__(self, detail: str = "There is no such resource, or it is not yours.") -> None:
        super().__init__("NOT_FOUND", detail)


class Conflict(Problem):
    status, title = 409, "Conflict"


class StaleVersion(Problem):
    status, title = 412, "Changed in the meantime"

    def __init__(self) -> None:
        super().__init__("STALE_VERSION", "The record has changed. Read it again and send its new ETag.")


class PayloadTooLarge(Problem):
    status, title = 413, "Too large"


class UnsupportedMediaType(Problem):
    status, title = 415, "Unsupported Media Type"


class Unprocessable(Problem):
    status, title = 422, "Invalid"


class PreconditionRequired(Problem):
    status, title = 428, "Precondition required"

    def __init__(self) -> None:
        super().__init__("IF_MATCH_REQUIRED", "Send If-Match with the ETag of the version to change.")


class TooManyRequests(Problem):
    status, title = 429, "Too many requests"


class TemporarilyUnavailable(Problem):
    """Nothing was done; the same request may be sent again after `retry_after` seconds."""

    status, title = 503, "Try again"

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail, headers={"Retry-After": str(retry_after)})
