"""Put an order API through the contract's checks. Leaves 0 where nothing failed, 1 where something did."""

import argparse
import base64
import json
import os
import secrets
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from chalicelib import settings
from chalicelib.clients.guarded import Rules
from chalicelib.clients.trial_orders import Target
from chalicelib.domain.conformance import FAIL, RESULTS, Verdict
from chalicelib.domain.conformance_checks import Check
from chalicelib.services import conformance
from chalicelib.services.conformance import Run

_OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})
"""A supplier tries its service at home first; the marketplace itself calls public https URLs only."""


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    run = _run(chosen)
    out = sys.stderr if chosen.json else sys.stdout
    print(f"Trial orders go to {chosen.url}", file=out, flush=True)
    found = []
    for check, verdict in conformance.checked(run):
        _show(check, verdict, out)
        found.append(_row(check, verdict))
    counts = {result: sum(row["result"] == result for row in found) for result in RESULTS}
    print(", ".join(f"{count} {result}" for result, count in counts.items()), file=out)
    if chosen.json:
        report = {"url": chosen.url, "passed": conformance.passed(run), "counts": counts, "checks": found}
        print(json.dumps(report, indent=2))
    return 0 if conformance.passed(run) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="conformance",
        description="Put an order API through the checks of docs/supplier-api.yaml, with trial orders only.",
        epilog="The signing secret is read from the environment, SIGNING_SECRET=whsec_…; without it, whether "
        "signatures are verified is not checked.",
    )
    parser.add_argument("url", help="the order API's URL")
    parser.add_argument("--status-url", help="with {attempt_id} in it")
    parser.add_argument("--cancellation-url", help="with {attempt_id} in it")
    parser.add_argument("--inventory-url")
    parser.add_argument("--json", action="store_true", help="the report as JSON; progress goes to stderr")
    return parser


def _run(chosen: argparse.Namespace) -> Run:
    secret = os.environ.get("SIGNING_SECRET", "")
    order_api = {
        "url": chosen.url,
        "status_url": chosen.status_url,
        "cancellation_url": chosen.cancellation_url,
    }
    rules = Rules(allowed_private_hosts=settings.allowed_private_hosts() | _OWN_HOSTS)
    target = Target(order_api, secret or _any_secret(), rules)
    return Run(target, inventory_url=chosen.inventory_url, verifies=bool(secret))


def _any_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _show(check: Check, verdict: Verdict, out: TextIO) -> None:
    print(f"{verdict.result}  {check.name:<17} {check.title}", file=out, flush=True)
    if verdict.detail:
        print(f"      {verdict.detail}", file=out, flush=True)
    if verdict.result == FAIL:
        print(f"      To mend: {check.mend}", file=out, flush=True)


def _row(check: Check, verdict: Verdict) -> dict[str, Any]:
    row = {"check": check.name, "result": verdict.result, "title": check.title}
    if verdict.detail:
        row["detail"] = verdict.detail
    return row | {"mend": check.mend} if verdict.result == FAIL else row


if __name__ == "__main__":
    sys.exit(main())
