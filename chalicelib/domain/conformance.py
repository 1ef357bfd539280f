"""Whether an order API keeps the contract, judged by what was seen of it in answer to trial orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain import acceptance
from chalicelib.domain.acceptance import Answer, InvalidLines
from chalicelib.domain.order import Attempt, OrderLine, SupplierOrder

PASS, FAIL, SKIP = "PASS", "FAIL", "SKIP"
RESULTS = (PASS, FAIL, SKIP)

_REJECTING = frozenset({400, 404, 422})
_REFUSING = frozenset({401, 403})
_BUSY = frozenset({409, 425, 429, 503})
"""Answers that one of several simultaneous calls may get without saying anything about the order."""
_NEVER_CALLED = frozenset({"REFUSED_URL", "REFUSED_ADDRESS"})
_HARDLY_AN_ANSWER = frozenset({"TOO_LARGE", "BROKEN_ANSWER"})

_ADVICE = {
    "REFUSED_URL": "The marketplace calls absolute https URLs only.",
    "REFUSED_ADDRESS": "The host leads to an address that is not public; the marketplace calls no other.",
    "UNRESOLVED": "The host name is unknown.",
    "UNCONNECTED": "Nothing takes connections there.",
    "TIMED_OUT": "There was no whole answer in time.",
    "TOO_LARGE": "The answer is larger than 256 KB.",
    "BAD_CERTIFICATE": "The certificate is not valid for this host.",
    "BROKEN_ANSWER": "The answer is no HTTP, broke off, or is compressed.",
    "HTTP_401": "Check the signature with the signing secret of the registration.",
    "HTTP_403": "Check the signature with the signing secret of the registration.",
    "REDIRECT": "No redirect is followed: register the URL that it leads to.",
}
_UNKNOWN_STATUS = "Answer 200 or 201 with a body, or 202 to answer later."


@dataclass(frozen=True)
class TrialOrder:
    """An order of type `supplier_order.test`: which answer it asks for, and how many pieces in each line."""

    attempt_id: str
    scenario: str = "ACCEPT"
    quantities: tuple[int, ...] = (1,)

    @property
    def line_ids(self) -> tuple[str, ...]:
        return tuple(f"lin_test_{number}" for number in range(1, len(self.quantities) + 1))


@dataclass(frozen=True)
class Seen:
    """What came of one call: the HTTP status, and the answer in it where there is one (`cancellation`: the
    status that answers a cancellation); else the code of the reason, and what is wrong in the body."""

    status: int | None = None
    answer: Answer | None = None
    cancellation: str | None = None
    reason: str | None = None
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """The result of a check, and what was seen where it did not pass."""

    result: str
    detail: str = ""


@dataclass(frozen=True)
class Effect:
    """What an answer comes to, however it is worded: code, pieces and day of each line, and the reference."""

    lines: tuple[tuple[str | None, int, str | None], ...]
    reference: str | None = None

    @property
    def taken(self) -> tuple[int, ...]:
        return tuple(pieces for _code, pieces, _day in self.lines)


PASSED = Verdict(PASS)


def failed(detail: str) -> Verdict:
    return Verdict(FAIL, detail)


def skipped(detail: str) -> Verdict:
    return Verdict(SKIP, detail)


def effect(order: TrialOrder, seen: Seen) -> Effect | None:
    """What `seen` decides of the order; None where it decides nothing, or does not fit the order."""
    answer = Answer(status="REJECTED") if seen.status in _REJECTING and not seen.answer else seen.answer
    if answer is None:
        return None
    lines = tuple(map(OrderLine, order.line_ids, order.line_ids, order.quantities))
    ordered = SupplierOrder("so_test", "ord_test", "sup_test", lines, Attempt(order.attempt_id), accept_by="")
    try:
        settled = acceptance.settle(ordered, answer, now="").supplier_order
    except InvalidLines:
        return None
    decided = tuple((line.acceptance_code, line.accepted, line.available_on) for line in settled.lines)
    return Effect(decided, answer.supplier_reference)


def said(seen: Seen) -> str:
    """What was seen, in a few words."""
    if seen.cancellation is not None:
        return seen.cancellation
    if seen.answer is not None:
        reference = f", reference {seen.answer.supplier_reference}" if seen.answer.supplier_reference else ""
        return f"{seen.answer.status} (HTTP {seen.status}{reference})"
    if seen.status is not None:
        return f"HTTP {seen.status}" + (f" ({seen.detail})" if seen.detail else "")
    return seen.reason or "nothing"


def first_answer(order: TrialOrder, seen: Seen, *, limit: float) -> dict[str, Verdict]:
    """How far the first order came; `limit` is how many seconds an answer has. What is missing was not
    looked at: a URL or host that is refused is never called, so nothing was signed for it."""
    if seen.reason in _NEVER_CALLED:
        return {"SIGNED": failed(_why(seen))}
    # Where the time ends before its limit, it was the time to find the host and connect.
    timed_out = seen.reason == "TIMED_OUT" and seen.seconds >= limit
    if seen.status is None and seen.reason not in _HARDLY_AN_ANSWER and not timed_out:
        return {"SIGNED": PASSED, "REACHED": failed(_why(seen))}
    found = {"SIGNED": PASSED, "REACHED": PASSED}
    if timed_out:
        return found | {"IN_TIME": failed(f"There was no whole answer within {limit:g} seconds.")}
    return found | {"IN_TIME": PASSED} | _understood(order, seen)


def _understood(order: TrialOrder, seen: Seen) -> dict[str, Verdict]:
    if _is_later(seen):
        untold = skipped("It was promised with 202, and no status URL tells the answer.")
        return {"STATUS_UNDERSTOOD": PASSED, "BODY_UNDERSTOOD": untold}
    if seen.answer is None and seen.reason != "INVALID_ANSWER":
        return {"STATUS_UNDERSTOOD": failed(_why(seen))}
    if seen.answer is None:
        return {"STATUS_UNDERSTOOD": PASSED, "BODY_UNDERSTOOD": failed(seen.detail)}
    fits = PASSED if effect(order, seen) else failed(_asked(order))
    return {"STATUS_UNDERSTOOD": PASSED, "BODY_UNDERSTOOD": PASSED, "FITS_THE_ORDER": fits}


def accepts(order: TrialOrder, seen: Seen) -> Verdict:
    decided = effect(order, seen)
    if decided is not None and decided.taken == order.quantities:
        return PASSED
    return skipped(
        f"The test order was answered {said(seen)}. Accept test orders whose data.scenario is ACCEPT, "
        "to have the rest checked."
    )


def accepts_as_before(order: TrialOrder, seen: Seen) -> Verdict:
    """An order is accepted that differs from one that was accepted in nothing that counts."""
    decided = effect(order, seen)
    is_accepted = decided is not None and decided.taken == order.quantities
    return PASSED if is_accepted else failed(f"It was answered {said(seen)}.")


def says_the_same(order: TrialOrder, first: Seen, *more: Seen) -> Verdict:
    """Every further answer comes to what the first one did."""
    before = effect(order, first)
    if before is None:
        return failed(f"The order was answered {said(first)}.")
    for seen in more:
        if effect(order, seen) != before:
            return failed(f"First {said(first)}, then {said(seen)}.")
    return PASSED


def at_once(order: TrialOrder, together: Sequence[Seen], after: Seen) -> Verdict:
    """Of several calls at a time some may be put off; those that are answered are answered alike."""
    decided = [seen for seen in together if effect(order, seen)]
    strange = [seen for seen in together if not effect(order, seen) and seen.status not in _BUSY]
    if strange:
        return failed(f"One of {len(together)} calls at the same time was answered {said(strange[0])}.")
    return says_the_same(order, after, *decided)


def keeps_the_first_body(order: TrialOrder, first: Seen, changed: Seen, after: Seen) -> Verdict:
    """Another body under the same id is refused, or answered as the first one was."""
    refused = changed.answer is None and changed.status is not None and 400 <= changed.status < 500
    if not refused and effect(order, changed) != effect(order, first):
        return failed(f"First {said(first)}, then to another body {said(changed)}.")
    return says_the_same(order, first, after)


def survives_a_lost_answer(order: TrialOrder, told: Seen, again: Seen, after: Seen) -> Verdict:
    """`told` is the status after the connection was cut; it may not know the attempt yet."""
    if told.status == 404 or _is_later(told):
        return says_the_same(order, again, after)
    return says_the_same(order, told, again, after)


def knows_nothing_of_it(told: Seen) -> Verdict:
    if told.status == 404:
        return PASSED
    return failed(f"The status of an attempt that was never sent was answered {said(told)}.")


def refuses(forged: Mapping[str, Seen], *, left_behind: Mapping[str, Seen]) -> Verdict:
    """Each forged call was refused, and of each forged order nothing is known afterwards."""
    for what, seen in forged.items():
        if seen.status not in _REFUSING:
            return failed(f"{what} was answered {said(seen)}.")
    for what, seen in left_behind.items():
        if seen.status != 404:
            return failed(f"{what} was refused, but its status is then {said(seen)}.")
    return PASSED


def refuses_bad_bodies(tried: Mapping[str, Seen]) -> Verdict:
    for what, seen in tried.items():
        if seen.answer is not None and seen.answer.status == "REJECTED":
            continue
        if seen.status is None or not 400 <= seen.status < 500:
            return failed(f"{what} was answered {said(seen)}.")
    return PASSED


def rejects(order: TrialOrder, seen: Seen) -> Verdict:
    return _scenario(order, seen, lambda decided: not any(decided.taken))


def takes_a_part(order: TrialOrder, seen: Seen) -> Verdict:
    return _scenario(order, seen, lambda decided: 0 < sum(decided.taken) < sum(order.quantities))


def backorders(order: TrialOrder, seen: Seen) -> Verdict:
    verdict = _scenario(order, seen, lambda decided: all(line[0] == "BACKORDERED" for line in decided.lines))
    decided = effect(order, seen)
    if verdict == PASSED and decided and not all(day for _code, _pieces, day in decided.lines):
        return failed("A backordered line has no available_on.")
    return verdict


def answers_later(order: TrialOrder, first: Seen, told: Seen, again: Seen) -> Verdict:
    """202 at first, an answer at the status URL in the end, and the same where the order comes again."""
    if not _is_later(first):
        return _not_played(order, first)
    if effect(order, told) is None:
        return failed(f"It was promised with 202, and the status URL then said {said(told)}.")
    return says_the_same(order, told, again)


def recovers(order: TrialOrder, first: Seen, again: Seen, after: Seen) -> Verdict:
    """Trouble at first, then an answer that stays."""
    if first.status != 429 and not (first.status and first.status >= 500):
        return _not_played(order, first)
    return says_the_same(order, again, after)


def cancels(first: Seen, again: Seen, unknown: Seen) -> Verdict:
    """`unknown` is the answer where nothing of the attempt can be known."""
    for seen in (first, again):
        if seen.cancellation is None and not _is_later(seen):
            return failed(f"The cancellation was answered {said(seen)}.")
    if first.cancellation != again.cancellation:
        return failed(f"First {said(first)}, then {said(again)}.")
    if unknown.cancellation is None and unknown.status != 404:
        return failed(f"The cancellation of an attempt that was never sent was answered {said(unknown)}.")
    return PASSED


def _scenario(order: TrialOrder, seen: Seen, is_played: Callable[[Effect], bool]) -> Verdict:
    decided = effect(order, seen)
    if decided is None:
        return failed(f"It was answered {said(seen)}. {_asked(order)}")
    return PASSED if is_played(decided) else _not_played(order, seen)


def _not_played(order: TrialOrder, seen: Seen) -> Verdict:
    return skipped(
        f"The test order was answered {said(seen)}. To have this checked, play the scenario {order.scenario}."
    )


def _is_later(seen: Seen) -> bool:
    return seen.status == 202


def _asked(order: TrialOrder) -> str:
    lines = (f"{line_id} of {n}" for line_id, n in zip(order.line_ids, order.quantities, strict=True))
    return f"The test order has these lines and pieces: {', '.join(lines)}."


def _why(seen: Seen) -> str:
    reason = seen.reason or f"HTTP_{seen.status}"
    is_redirect = seen.status is not None and 300 <= seen.status < 400
    return f"{reason}: {_ADVICE['REDIRECT'] if is_redirect else _ADVICE.get(reason, _UNKNOWN_STATUS)}"
