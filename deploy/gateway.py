"""What API Gateway answers before or instead of the app, in the shape of the app's own problems."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refusal:
    """One kind of answer of API Gateway's own."""

    status: int
    code: str
    title: str
    detail: str
    headers: Mapping[str, str] | None = None


_NOT_FOUND = Refusal(404, "NOT_FOUND", "Not found", "There is no such resource.")
_FORBIDDEN = Refusal(
    403, "FORBIDDEN", "Not allowed", "The request was refused before it reached the marketplace."
)
_MALFORMED = Refusal(400, "BAD_REQUEST", "Bad request", "The request cannot be understood.")
_TOO_MANY = Refusal(
    429,
    "TOO_MANY_REQUESTS",
    "Too many requests",
    "Wait a moment, then send the request again.",
    {"Retry-After": "1"},
)
_BROKEN = Refusal(
    500, "INTERNAL_ERROR", "Internal error", "Something failed on our side. Send the request again later."
)
_LATE = Refusal(
    504, "TIMEOUT", "Timed out", "The answer took too long. It is safe to send the request again."
)

# A request that matches no route counts as one that misses a token; DEFAULT_* holds for all the rest.
REFUSALS = {
    "MISSING_AUTHENTICATION_TOKEN": _NOT_FOUND,
    "RESOURCE_NOT_FOUND": _NOT_FOUND,
    "UNAUTHORIZED": Refusal(401, "UNAUTHORIZED", "Credentials needed", "Send valid credentials."),
    "ACCESS_DENIED": _FORBIDDEN,
    "EXPIRED_TOKEN": _FORBIDDEN,
    "INVALID_API_KEY": _FORBIDDEN,
    "INVALID_SIGNATURE": _FORBIDDEN,
    "WAF_FILTERED": _FORBIDDEN,
    "BAD_REQUEST_BODY": _MALFORMED,
    "BAD_REQUEST_PARAMETERS": _MALFORMED,
    "REQUEST_TOO_LARGE": Refusal(413, "TOO_LARGE", "Too large", "The body is larger than 10 MB."),
    "UNSUPPORTED_MEDIA_TYPE": Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type", "Send JSON."),
    "THROTTLED": _TOO_MANY,
    "QUOTA_EXCEEDED": _TOO_MANY,
    "INTEGRATION_TIMEOUT": _LATE,
    "INTEGRATION_FAILURE": _LATE,
    "DEFAULT_4XX": _MALFORMED,
    "DEFAULT_5XX": _BROKEN,
}


def gateway_response(refusal: Refusal) -> dict[str, Any]:
    """A refusal in the terms of API Gateway's PutGatewayResponse."""
    problem = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.detail,
    }
    headers = {
        "Content-Type": "application/problem+json",
        "Access-Control-Allow-Origin": "*",
        **(refusal.headers or {}),
    }
    parameters = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}
    parameters["gatewayresponse.header.X-Correlation-Id"] = "context.requestId"
    return {
        "statusCode": str(refusal.status),
        "responseParameters": parameters,
        "responseTemplates": {"application/json": json.dumps(problem)},
    }


def apply(client: Any, api_id: str, stage: str) -> None:
    """Make the API's own answers ours. Deploys the API again only when one of them was not."""
    present = {
        response["responseType"]: {
            name: response.get(name) for name in ("statusCode", "responseParameters", "responseTemplates")
        }
        for response in client.get_gateway_responses(restApiId=api_id, limit=100)["items"]
        if not response.get("defaultResponse")
    }
    wanted = {kind: gateway_response(refusal) for kind, refusal in REFUSALS.items()}
    changed = {kind: response for kind, response in wanted.items() if present.get(kind) != response}
    for kind, response in changed.items():
        client.put_gateway_response(restApiId=api_id, responseType=kind, **response)
    if changed:
        client.create_deployment(
            restApiId=api_id, stageName=stage, description="Answers of the gateway's own"
        )
        print(f"  gateway answers: {len(changed)} set")
