"""A supplier's order API is put through every check of the contract, with trial orders only.

Nothing is stored here and nothing ordered there. Each call is bounded by the guarded client; where the whole
run is bounded too, what there was no time for is skipped and says so.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace

from chalicelib import ids
from chalicelib.clients import inventory_api, trial_orders
from chalicelib.clients.errors import CallFailed
from chalicelib.clients.trial_orders import Target
from chalicelib.domain import conformance as judge
from chalicelib.domain.conformance import FAIL, PASS, PASSED, Seen, TrialOrder, Verdict, failed, skipped
from chalicelib.domain.conformance_checks import CHECKS, Check

_AT_ONCE = 4
_POLLS = 6
_HOUR = 3600
_ANOTHER_SECRET = "whsec_YSBzdHJhbmdlcidzIGtleSwgbm90IHlvdXJzLi4u"
_NO_SECRET = "This needs the signing secret that the endpoint verifies with: SECRET=whsec_…"
_NO_STATUS_URL = "There is no status_url; a lost answer can then only be sent for again."


Signature = Mapping[str, str] | None


class _NoTimeLeft(Exception):
    """One more call might take longer than the run has."""


@dataclass
class Run:
    """One run against one target. `ends` is when it must be over, by the monotonic clock; `pause` waits so
    many seconds; without `verifies` the target does not know the secret, so it can refuse nothing. `first` is
    what came of `order`, which begins the run, and `answer` its answer in the end."""

    target: Target
    inventory_url: str | None = None
    verifies: bool = True
    ends: float = float("inf")
    pause: Callable[[float], None] = time.sleep
    order: TrialOrder = field(default_factory=trial_orders.new_order)
    first: Seen = field(default_factory=Seen)
    answer: Seen = field(default_factory=Seen)
    verdicts: dict[str, Verdict] = field(default_factory=dict)

    def place(self, order: TrialOrder) -> Seen:
        """Send an order and give its answer; where it was promised, the status URL is asked for it."""
        return self.await_answer(order, self.send(order))

    def send(self, order: TrialOrder, *, hear: bool = True) -> Seen:
        self.have_time()
        return trial_orders.place(self.target, order, hear=hear)

    def await_answer(self, order: TrialOrder, seen: Seen) -> Seen:
        polls = _POLLS if self.target.has("status_url") else 0
        while seen.status == 202 and polls:
            seen = self.status(order)
            polls -= 1
            if seen.status == 202 and polls:
                self.pause(1)
        return seen

    def status(self, order: TrialOrder, signed_as: Signature = None) -> Seen:
        self.have_time()
        return trial_orders.status(self.target, order.attempt_id, signed_as)

    def cancel(self, order: TrialOrder, message_id: str, signed_as: Signature = None) -> Seen:
        self.have_time()
        return trial_orders.cancel(self.target, order, message_id, signed_as)

    def send_body(self, message_id: str, body: bytes, signed_as: Signature = None) -> Seen:
        self.have_time()
        return trial_orders.send(self.target, message_id, body, signed_as)

    def passed(self, name: str) -> bool:
        return self.verdicts[name].result == PASS

    def have_time(self) -> None:
        """Raise _NoTimeLeft where one more call might last too long."""
        rules = self.target.rules
        if time.monotonic() + rules.connect_seconds + rules.read_seconds > self.ends:
            raise _NoTimeLeft


Probe = Callable[[Run], Verdict]


def checked(run: Run) -> Iterator[tuple[Check, Verdict]]:
    """Make every check in turn, and give each with its verdict as soon as there is one."""
    run.first = run.send(run.order)
    run.answer = run.await_answer(run.order, run.first)
    found = judge.first_answer(run.order, run.answer, limit=run.target.rules.read_seconds)
    for check in CHECKS:
        run.verdicts[check.name] = found.get(check.name) or _verdict(run, check)
        yield check, run.verdicts[check.name]


def passed(run: Run) -> bool:
    """Whether nothing failed."""
    return all(verdict.result != FAIL for verdict in run.verdicts.values())


def _verdict(run: Run, check: Check) -> Verdict:
    missing = next((name for name in check.needs if not run.passed(name)), None)
    if missing:
        return skipped(f"This needs {missing}.")
    try:
        return _PROBES[check.name](run)
    except _NoTimeLeft:
        return skipped("There was no time left; make conformance takes the time that it needs.")


def _accept(run: Run) -> Verdict:
    return judge.accepts(run.order, run.answer)


def _duplicate(run: Run) -> Verdict:
    return judge.says_the_same(run.order, run.answer, run.place(run.order), run.place(run.order))


def _duplicate_at_once(run: Run) -> Verdict:
    order = trial_orders.new_order()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        calls = [pool.submit(copy_context().run, run.send, order) for _ in range(_AT_ONCE)]
        together = [run.await_answer(order, call.result()) for call in calls]
    return judge.at_once(order, together, run.place(order))


def _other_body(run: Run) -> Verdict:
    changed = replace(run.order, quantities=(2,))
    seen = run.place(changed)
    return judge.keeps_the_first_body(run.order, run.answer, seen, run.place(run.order))


def _status(run: Run) -> Verdict:
    if not run.target.has("status_url"):
        return skipped(_NO_STATUS_URL)
    return judge.says_the_same(run.order, run.answer, run.status(run.order))


def _status_unknown(run: Run) -> Verdict:
    if not run.target.has("status_url"):
        return skipped(_NO_STATUS_URL)
    return judge.knows_nothing_of_it(run.status(trial_orders.new_order()))


def _lost_answer(run: Run) -> Verdict:
    order = trial_orders.new_order()
    run.send(order, hear=False)
    run.pause(0.2)
    told = run.status(order)
    return judge.survives_a_lost_answer(order, told, run.place(order), run.status(order))


def _signature(run: Run) -> Verdict:
    if not run.verifies:
        return skipped(_NO_SECRET)
    stranger = replace(run.target, secret=_ANOTHER_SECRET)
    seen, left_behind = {}, {}
    for what, signer, spoilt in (
        ("An order signed with another key", stranger, b""),
        ("An order that was changed after it was signed", run.target, b" "),
        ("An order that was not signed", None, b""),
    ):
        order = trial_orders.new_order()
        name, body = order.attempt_id, trial_orders.encoded(trial_orders.message(order))
        signed_as = trial_orders.signature(signer, name, body) if signer else {}
        seen[what] = run.send_body(name, body + spoilt, signed_as)
        if run.passed("STATUS_UNKNOWN"):
            left_behind[what] = run.status(order)
    if run.target.has("status_url"):
        signed_as = trial_orders.signature(stranger, run.order.attempt_id)
        seen["A status call signed with another key"] = run.status(run.order, signed_as)
    if run.target.has("cancellation_url"):
        seen["A cancellation that was not signed"] = run.cancel(run.order, ids.new_id("can_test"), {})
    return judge.refuses(seen, left_behind=left_behind)


def _timestamp(run: Run) -> Verdict:
    seen = {}
    for what, seconds_off in {"An order signed an hour ago": -_HOUR, "An order of the future": _HOUR}.items():
        order = trial_orders.new_order()
        body = trial_orders.encoded(trial_orders.message(order))
        signed_as = trial_orders.signature(run.target, order.attempt_id, body, seconds_off=seconds_off)
        seen[what] = run.send_body(order.attempt_id, body, signed_as)
    return judge.refuses(seen, left_behind={})


def _unknown_fields(run: Run) -> Verdict:
    order = trial_orders.new_order()
    message = trial_orders.message(order)
    for part in (message, message["data"], message["data"]["lines"][0], message["data"]["ship_to"]):
        part["of_a_later_version"] = {"anything": [1]}
    seen = run.send_body(order.attempt_id, trial_orders.encoded(message))
    return judge.accepts_as_before(order, run.await_answer(order, seen))


def _bad_body(run: Run) -> Verdict:
    attempt_id = ids.new_id("att_test")
    empty = {"type": "supplier_order.test", "timestamp": "", "data": {"attempt_id": attempt_id}}
    bodies = {
        "A body that is no JSON": b"{",
        "A JSON list": b"[]",
        "An order without lines": trial_orders.encoded(empty),
    }
    seen = {what: run.send_body(attempt_id, body) for what, body in bodies.items()}
    return judge.refuses_bad_bodies(seen)


def _scenario(judged: Callable[[TrialOrder, Seen], Verdict], scenario: str, *quantities: int) -> Probe:
    def probe(run: Run) -> Verdict:
        order = trial_orders.new_order(scenario, *quantities)
        return judged(order, run.place(order))

    return probe


def _later(run: Run) -> Verdict:
    order = trial_orders.new_order("LATER")
    first = run.send(order)
    return judge.answers_later(order, first, run.await_answer(order, first), run.place(order))


def _unavailable(run: Run) -> Verdict:
    order = trial_orders.new_order("UNAVAILABLE")
    first = run.send(order)
    run.pause(1)
    return judge.recovers(order, first, run.place(order), run.place(order))


def _cancellation(run: Run) -> Verdict:
    if not run.target.has("cancellation_url"):
        return skipped("There is no cancellation_url; cancellations then wait for your own answer.")
    order, unknown = trial_orders.new_order(), trial_orders.new_order()
    run.place(order)
    message_id = ids.new_id("can_test")
    first, again = run.cancel(order, message_id), run.cancel(order, message_id)
    return judge.cancels(first, again, run.cancel(unknown, ids.new_id("can_test")))


def _inventory(run: Run) -> Verdict:
    if run.inventory_url is None:
        return skipped("There is no inventory API.")
    run.have_time()
    try:
        inventory_api.ask(
            {"url": run.inventory_url}, trial_orders.SKUS, secret=run.target.secret, rules=run.target.rules
        )
    except CallFailed as failure:
        return failed(f"The inventory API was answered {failure.code}.")
    return PASSED


_PROBES: dict[str, Probe] = {
    "ACCEPT": _accept,
    "DUPLICATE": _duplicate,
    "DUPLICATE_AT_ONCE": _duplicate_at_once,
    "OTHER_BODY": _other_body,
    "STATUS": _status,
    "STATUS_UNKNOWN": _status_unknown,
    "LOST_ANSWER": _lost_answer,
    "SIGNATURE": _signature,
    "TIMESTAMP": _timestamp,
    "UNKNOWN_FIELDS": _unknown_fields,
    "BAD_BODY": _bad_body,
    "PARTIAL": _scenario(judge.takes_a_part, "PARTIAL", 3, 3),
    "REJECT": _scenario(judge.rejects, "REJECT", 1),
    "BACKORDER": _scenario(judge.backorders, "BACKORDER", 1),
    "LATER": _later,
    "UNAVAILABLE": _unavailable,
    "CANCELLATION": _cancellation,
    "INVENTORY": _inventory,
}
