from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import circuit, health
from chalicelib.domain.circuit import LONGEST_PAUSE, SHORTEST_PAUSE, Admitted, Endpoint, Held
from chalicelib.domain.health import Judgement, Served

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://supplier.example/orders"
OK, BROKEN = Served(failed=False, milliseconds=200), Served(failed=True, milliseconds=200)


def after(*exchanges: Served, endpoint: Endpoint | None = None, now: datetime = NOON) -> Endpoint:
    endpoint = endpoint or Endpoint("sup_1")
    for served in exchanges:
        endpoint = health.served_by(endpoint, served, now)
    return endpoint


def judged(endpoint: Endpoint, *, was: str = "GOOD", now: datetime = NOON) -> Judgement:
    return health.judge(endpoint, url=URL, was=was, now=now)


def test_five_failures_in_a_row_open_the_circuit_and_one_success_closes_it() -> None:
    nearly, broken = after(*[BROKEN] * 4, OK, *[BROKEN] * 4), after(*[BROKEN] * 5)

    assert circuit.admit(nearly, most=5, now=NOON) == Admitted(5)
    assert circuit.admit(broken, most=5, now=NOON) == Held(NOON + SHORTEST_PAUSE)
    assert circuit.admit(after(OK, endpoint=broken), most=5, now=NOON) == Admitted(5)


def test_after_the_pause_one_call_probes_and_no_second_beside_it() -> None:
    broken = after(*[BROKEN] * 5)
    later = NOON + SHORTEST_PAUSE
    probing = replace(broken, leases={"probe": later + circuit.LEASE})

    assert circuit.admit(broken, most=5, now=later) == Admitted(1)
    assert circuit.admit(probing, most=5, now=later) == Held()
    assert circuit.admit(probing, most=5, now=later + circuit.LEASE) == Admitted(1, ("probe",))


@given(st.lists(st.integers(1, 3600), max_size=60))
def test_the_longer_it_fails_the_longer_it_is_left_alone_within_limits(gaps: list[int]) -> None:
    now, endpoint, pauses = NOON, after(*[BROKEN] * 5), []
    for gap in gaps:
        now += timedelta(seconds=gap)
        endpoint = after(BROKEN, endpoint=endpoint, now=now)
        ends = circuit.retry_at(endpoint)
        assert ends is not None
        pauses.append(ends - now)

    assert pauses == sorted(pauses)
    assert all(SHORTEST_PAUSE <= pause <= LONGEST_PAUSE for pause in pauses)


def test_a_place_is_free_again_when_its_lease_ends() -> None:
    full = replace(Endpoint("sup_1"), leases={str(n): NOON + timedelta(seconds=n) for n in (1, 2)})

    assert circuit.admit(full, most=2, now=NOON) == Held()
    assert circuit.admit(full, most=2, now=NOON + timedelta(seconds=1)) == Admitted(2, ("1",))


@pytest.mark.parametrize(
    ("exchanges", "judgement"),
    [
        ([BROKEN] * 4 + [OK] * 15, ("GOOD", None)),
        ([BROKEN] * 4 + [OK] * 16, ("POOR", "ERROR_RATE")),
        ([Served(failed=False, milliseconds=6000)] * 20, ("POOR", "SLOW")),
        ([Served(lines_refused=4, lines_taken=15)], ("GOOD", None)),
        ([Served(lines_refused=5, lines_taken=15)], ("POOR", "REFUSAL_RATE")),
        ([Served(lines_taken=20), Served(lines_late=5)], ("POOR", "LATE")),
    ],
    ids=["too few calls to tell", "errors", "slow", "too few lines to tell", "refusals", "late"],
)
def test_a_supplier_that_serves_badly_is_told_from_one_of_too_small_a_sample(
    exchanges: list[Served], judgement: tuple[str, str | None]
) -> None:
    found = judged(after(*exchanges))

    assert (found.health, found.reason) == judgement
    assert found.suspend_for is None


def test_it_takes_better_figures_to_leave_a_worse_class_than_to_stay_out_of_it() -> None:
    between = after(*[BROKEN] * 3, *[OK] * 17)

    assert judged(between, was="GOOD").health == "GOOD"
    assert judged(between, was="POOR").health == "POOR"


def test_a_circuit_that_stays_open_is_failing_and_a_hiccup_is_not() -> None:
    broken = after(*[BROKEN] * 5)

    assert judged(broken).health == "GOOD"
    assert judged(broken, now=NOON + timedelta(seconds=60)).reason == "UNREACHABLE"
    assert judged(after(OK, endpoint=broken), was="FAILING").health == "GOOD"


def test_an_address_that_is_gone_is_failing_until_there_is_another() -> None:
    gone = replace(Endpoint("sup_1"), gone_url=URL)

    assert judged(gone) == Judgement("FAILING", "ENDPOINT_GONE")
    assert judged(replace(gone, gone_url="https://elsewhere.example/")).health == "GOOD"


@pytest.mark.parametrize(
    ("endpoint", "hours", "reason"),
    [
        (after(Served(lines_refused=8, lines_taken=12)), 0, None),
        (after(Served(lines_refused=19)), 0, None),
        (
            after(Served(lines_refused=9, lines_taken=11)),
            0,
            "It has not taken 9 of 20 order lines in seven days: 45%, where 40% of 20 is the most.",
        ),
        (after(*[BROKEN] * 5), 23, None),
        (
            after(*[BROKEN] * 5),
            24,
            "Its order API has failed 5 times in a row, for 24 hours, where 24 is the most.",
        ),
    ],
    ids=["as many as allowed", "too few to tell", "too many refused", "unreachable for less", "unreachable"],
)
def test_whom_a_rule_suspends_and_what_it_says(endpoint: Endpoint, hours: int, reason: str | None) -> None:
    assert judged(endpoint, now=NOON + timedelta(hours=hours)).suspend_for == reason


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_what_is_long_ago_is_forgotten_and_kept_nowhere(told: list[tuple[int, int, int]]) -> None:
    endpoint = Endpoint("sup_1")
    for seconds, taken, refused in told:
        served = Served(failed=False, lines_taken=taken, lines_refused=refused)
        endpoint = health.served_by(endpoint, served, NOON + timedelta(seconds=seconds))
    end = NOON + timedelta(seconds=10**6)
    within, beyond = health.figures(endpoint.counts, end), end + timedelta(days=8)

    assert within.lines <= sum(taken + refused for _, taken, refused in told)
    assert within.lines >= sum(a + b for at, a, b in told if at > 10**6 - 6 * 86_400)
    assert set(health.passed_away(endpoint.counts, beyond)) == set(endpoint.counts)
