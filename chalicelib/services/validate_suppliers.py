"""The four validation steps of suppliers: each looks up its facts for the batch and reports its findings."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from chalicelib import telemetry
from chalicelib.clients import dns, trial_orders
from chalicelib.clients.trial_orders import Target
from chalicelib.domain.rules import (
    hosts,
    supplier_brands,
    supplier_contact,
    supplier_identity,
    supplier_order_api,
)
from chalicelib.domain.rules.catalog import SUPPLIER_CHECKS
from chalicelib.domain.rules.facts import REACHED, Probe, SupplierFacts
from chalicelib.domain.rules.kinds import Finding
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS
from chalicelib.domain.supplier import Supplier
from chalicelib.services import current_rules, remote_checks, signing_secrets
from chalicelib.services.validation_batch import (
    Batch,
    Case,
    Judged,
    correct_each,
    gather,
    load_suppliers,
    report,
    run_checks,
)
from chalicelib.storage import suppliers

Records = Sequence[Mapping[str, Any]]


def identity(records: Records) -> dict[str, Any]:
    """Report on who the suppliers are."""
    return _report(supplier_identity.STEP, _waiting(records), lambda _case: SupplierFacts())


def contact(records: Records) -> dict[str, Any]:
    """Report on how the suppliers can be reached, after looking their hosts up."""
    batch = _waiting(records)
    has_network = cache(dns.network_is_there)

    def look(target: tuple[str, str]) -> str:
        return _look_up(*target, has_network=has_network)

    seen = remote_checks.in_parallel(look, gather(batch.cases, lambda case: _hosts(case).values()))

    def facts(case: Case[Supplier]) -> SupplierFacts:
        found = {name: seen(target) for name, target in _hosts(case).items()}
        return SupplierFacts(website=found.get("website", REACHED), email=found.get("email", REACHED))

    return _report(supplier_contact.STEP, batch, facts)


def brands(records: Records) -> dict[str, Any]:
    """Report on brands that others hold."""
    batch = _waiting(records)
    names = gather(batch.cases, lambda case: supplier_brands.owned_brands(case.content).values())
    holders = suppliers.brand_holders(names) if names else {}

    def facts(case: Case[Supplier]) -> SupplierFacts:
        owned = supplier_brands.owned_brands(case.content)
        return SupplierFacts(brands_held=held_by_others(case.record.supplier_id, owned, holders))

    return _report(supplier_brands.STEP, batch, facts)


def held_by_others(supplier_id: str, owned: Mapping[int, str], holders: Mapping[str, str]) -> frozenset[int]:
    """The positions of the supplier's own brands that another supplier holds."""
    return frozenset(index for index, name in owned.items() if holders.get(name, supplier_id) != supplier_id)


def order_api(records: Records) -> dict[str, Any]:
    """Report on the suppliers' order APIs, after a signed test order to each."""
    batch = _waiting(records)
    cases = batch.cases
    has_network = cache(dns.network_is_there)

    def look(judged: Judged) -> Probe:
        return _try_order_api(cases[judged].record, has_network=has_network)

    seen = remote_checks.in_parallel(look, cases)
    probes = {case.record.supplier_id: partial(seen, judged) for judged, case in cases.items()}
    return _report(
        supplier_order_api.STEP,
        batch,
        lambda case: SupplierFacts(order_api=probes[case.record.supplier_id]()),
    )


def _waiting(records: Records) -> Batch[Supplier]:
    return correct_each(load_suppliers(records), SUPPLIER_CORRECTIONS, current_rules.now())


def _report(
    step: str, batch: Batch[Supplier], facts: Callable[[Case[Supplier]], SupplierFacts]
) -> dict[str, Any]:
    def examine(case: Case[Supplier]) -> list[Finding]:
        return run_checks(SUPPLIER_CHECKS[step], case, facts(case))

    return report(step, batch, examine)


def _hosts(case: Case[Supplier]) -> dict[str, tuple[str, str]]:
    """What there is to look up, by the fact's name; a host that cannot be read is another rule's finding."""
    found = {
        "website": supplier_contact.website_host(case.content),
        "email": supplier_contact.email_host(case.content),
    }
    return {name: (name, host) for name, host in found.items() if host}


def _look_up(name: str, host: str, *, has_network: Callable[[], bool]) -> str:
    if hosts.is_address(host) or (remote_checks.can_be_asked_about(host) and _is_known(name, host)):
        return REACHED
    return remote_checks.meaning("UNRESOLVED", f"https://{host}", has_network=has_network)


def _is_known(name: str, host: str) -> bool:
    return dns.takes_mail(host) if name == "email" else dns.exists(host)


def _try_order_api(supplier: Supplier, *, has_network: Callable[[], bool]) -> Probe:
    telemetry.bind(supplier.correlation_id)
    target = supplier.profile["order_api"]
    secret = signing_secrets.of(supplier)
    reason = trial_orders.place(Target(target, secret), trial_orders.new_order()).reason
    if reason is None or reason == "INVALID_ANSWER":
        return Probe(REACHED, 200)
    if reason.startswith("HTTP_"):
        return Probe(REACHED, int(reason.removeprefix("HTTP_")))
    return Probe(remote_checks.meaning(reason, target["url"], has_network=has_network))
