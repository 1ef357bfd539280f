"""Checks of the supplier's order API, by the signed test call that was made to it."""

from collections.abc import Iterator

from chalicelib.domain.rules.facts import NO_NETWORK, REFUSED_ADDRESS, UNREACHABLE, Probe, SupplierFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = "supplier_order_api"
FIELD = "/order_api/url"

_UNAUTHORISED = (401, 403)
_UNDERSTOOD = (*range(200, 300), 400, 404, 409, 422)
"""Answers that a working order API may give to an order that it cannot know."""


@check(
    "order_api.unreachable",
    step=STEP,
    code="UNREACHABLE_ENDPOINT",
    message="The order API did not answer the signed test order. Check that it runs and can be reached.",
    expected="an HTTP answer within 10 seconds",
)
def order_api_unreachable(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """The supplier guide: the order API answers within ten seconds."""
    if facts.order_api is not None and facts.order_api.outcome == UNREACHABLE:
        yield at(FIELD)


@check(
    "order_api.broken",
    step=STEP,
    code="UNREACHABLE_ENDPOINT",
    message="The order API answered the signed test order with HTTP {status}: it does not work yet.",
    expected="an answer as the supplier guide describes it",
)
def order_api_broken(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """The supplier guide, answers that the marketplace understands."""
    status = _status(facts.order_api)
    if status and status not in _UNDERSTOOD and status not in _UNAUTHORISED:
        yield at(FIELD, status=status)


@check(
    "order_api.signature_refused",
    step=STEP,
    severity=WARNING,
    code="QUALIFICATION_REQUIRED",
    message="The order API refused the signature of the test order with HTTP {status}. Store the signing "
    "secret there, then run the order API test.",
    expected="the signature accepted",
)
def order_api_signature_refused(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """Standard Webhooks: a receiver that cannot verify a signature refuses the message."""
    status = _status(facts.order_api)
    if status in _UNAUTHORISED:
        yield at(FIELD, status=status)


@check(
    "order_api.address_refused",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="The marketplace calls public HTTPS addresses only, and this is none.",
    expected="an https URL with a public address",
)
def order_api_address_refused(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """OWASP, server-side request forgery: nothing is called in private networks."""
    if facts.order_api is not None and facts.order_api.outcome == REFUSED_ADDRESS:
        yield at(FIELD)


@check(
    "order_api.not_checked",
    step=STEP,
    severity=WARNING,
    code="UNREACHABLE_ENDPOINT",
    message="The order API could not be reached from here, so it was not tested.",
)
def order_api_not_checked(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """House rule: where the network is missing, that is said."""
    if facts.order_api is not None and facts.order_api.outcome == NO_NETWORK:
        yield at(FIELD)


def _status(probe: Probe | None) -> int:
    return probe.status if probe is not None else 0


ORDER_API_CHECKS: tuple[CheckRule[SupplierFacts], ...] = (
    order_api_unreachable,
    order_api_broken,
    order_api_signature_refused,
    order_api_address_refused,
    order_api_not_checked,
)
