"""The conformance run passes a good order API, and finds each planted fault where it is."""

import json
import time
from typing import Any

import pytest
from faulty_suppliers import FAULTS, Redirects

from chalicelib.clients.guarded import Rules
from chalicelib.clients.trial_orders import Target
from chalicelib.domain.conformance import FAIL, PASS, SKIP
from chalicelib.domain.conformance_checks import CHECKS
from chalicelib.services import conformance
from chalicelib.services.conformance import Run
from conformance import __main__ as command
from examples.reference_supplier import ReferenceSupplier, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RULES = Rules(allowed_private_hosts={"127.0.0.1"}, read_seconds=0.5)


def results(supplier: ReferenceSupplier, **more: Any) -> dict[str, str]:
    """The result of each check."""
    order_api = more.pop("order_api", supplier.order_api)
    target = Target(order_api, SECRET, RULES)
    inventory_url = supplier.inventory_api["url"]
    run = Run(target, inventory_url=inventory_url, pause=lambda _seconds: time.sleep(0.01), **more)
    return {check.name: verdict.result for check, verdict in conformance.checked(run)}


def test_the_reference_supplier_passes_every_check() -> None:
    with serving(signing_secret=SECRET) as supplier:
        found = results(supplier)

    assert found == {check.name: PASS for check in CHECKS}
    assert supplier.book.orders == {}


@pytest.mark.parametrize("faulty", FAULTS, ids=lambda faulty: faulty.__name__)
def test_a_fault_is_found_where_it_is_and_nowhere_else(faulty: type[ReferenceSupplier]) -> None:
    with serving(faulty, signing_secret=SECRET) as supplier:
        found = results(supplier)

    assert [name for name, result in found.items() if result == FAIL] == [FAULTS[faulty]]


def test_every_check_that_an_answer_can_fail_has_its_fault() -> None:
    assert {check.name for check in CHECKS} - set(FAULTS.values()) == {"SIGNED", "REACHED", "ACCEPT"}


def test_what_a_supplier_does_not_play_or_have_is_skipped() -> None:
    with serving(signing_secret=SECRET, make=PlaysNothing) as supplier:
        order_api = {"url": supplier.order_api["url"]}
        found = results(supplier, order_api=order_api, verifies=False)

    assert {name for name, result in found.items() if result == SKIP} == {
        *("STATUS", "STATUS_UNKNOWN", "LOST_ANSWER", "LATER", "CANCELLATION"),
        *("SIGNATURE", "TIMESTAMP"),
        *("PARTIAL", "REJECT", "BACKORDER", "UNAVAILABLE"),
    }
    assert FAIL not in found.values()


class PlaysNothing(ReferenceSupplier):
    def take(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        message.get("data", {}).pop("scenario", None)
        return super().take(message)


def test_a_run_that_must_end_skips_what_it_has_no_time_for() -> None:
    with serving(signing_secret=SECRET) as supplier:
        found = results(supplier, ends=time.monotonic() + 3.5 + 0.05)

    assert found["ACCEPT"] == PASS
    assert found["INVENTORY"] == SKIP
    assert FAIL not in found.values()


def test_the_command_reports_progress_and_json_and_says_by_its_exit_code_how_it_went(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNING_SECRET", SECRET)
    with serving(Redirects, signing_secret=SECRET) as supplier:
        code = command.main([supplier.order_api["url"], "--json"])
    out, progress = capsys.readouterr()
    report = json.loads(out)

    assert (code, report["passed"], report["counts"]["FAIL"]) == (1, False, 1)
    (fallen,) = (check for check in report["checks"] if check["result"] == FAIL)
    assert fallen["check"] == "STATUS_UNDERSTOOD"
    assert "No redirect is followed" in fallen["detail"]
    assert "FAIL  STATUS_UNDERSTOOD a signed test order" in progress
