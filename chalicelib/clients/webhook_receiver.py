"""Whoever listens to a webhook: one signed call out, and what its answer means."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.clients import guarded, retry_after, signed
from chalicelib.clients.errors import CallFailed

GONE = "HTTP_410"


@dataclass(frozen=True)
class Told:
    """How a call went: `outcome` is HTTP_<status>, or the code of what failed before there was one;
    `retry_after` seconds where the receiver asked for a pause."""

    outcome: str
    delivered: bool = False
    retry_after: int | None = None


def tell(url: str, *, secrets: Sequence[str], message_id: str, body: bytes) -> Told:
    """Send one message, signed under each of `secrets`. Any 2xx is success; raises nothing."""
    try:
        reply = signed.call(
            "POST",
            url,
            secret=" ".join(secrets),
            message_id=message_id,
            body=body,
            rules=guarded.Rules(take=0),
        )
    except CallFailed as failure:
        return Told(failure.code)
    pause = retry_after.seconds(reply.headers.get("retry-after", ""))
    return Told(f"HTTP_{reply.status}", 200 <= reply.status < 300, pause)
