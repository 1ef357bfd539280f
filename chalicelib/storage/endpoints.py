"""What is known of suppliers' endpoints, and the class that each supplier is in for it.

An endpoint is written at every call, by as many at once as may call: a call's place is taken under a
condition, what the call showed is only added. Its item is never removed, so that its maps are there to be
added to. The class is an item of its own, since it changes seldom and the supplier's offers follow it.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action

from chalicelib import clock
from chalicelib.domain.circuit import FAILURES, Admitted, Endpoint
from chalicelib.domain.health import Served, SupplierHealth, counted, passed_away
from chalicelib.storage import keys, reads
from chalicelib.storage.items import AnyItem, EndpointItem, Item, SupplierHealthItem
from chalicelib.storage.transaction import Write, set_or_remove

ENDPOINT, HEALTH = "endpoint", "supplier_health"
"""The labels of the writes of the two items."""


def get(supplier_id: str) -> tuple[Endpoint, SupplierHealth]:
    """Both as last written; one round trip."""
    return among(reads.get_many(wanted(supplier_id)).values(), supplier_id)


def wanted(supplier_id: str) -> list[keys.Key]:
    """The keys to read together with others, for `among`."""
    return [keys.endpoint(supplier_id), keys.supplier_health(supplier_id)]


def among(found: Iterable[Item], supplier_id: str) -> tuple[Endpoint, SupplierHealth]:
    """The supplier's endpoint and health among the items found: new ones where there are none."""
    endpoint, health = Endpoint(supplier_id), SupplierHealth(supplier_id)
    for item in found:
        if isinstance(item, EndpointItem):
            endpoint = from_item(item)
        elif isinstance(item, SupplierHealthItem):
            health = health_from_item(item)
    return endpoint, health


def taking(endpoint: Endpoint, admitted: Admitted, *, token: str, until: datetime) -> Write:
    """Take a place for a call, if the endpoint still admits it. Label `endpoint`, found: Endpoint."""
    if not endpoint.is_stored:
        item = _to_item(replace(endpoint, leases={token: until}))
        return Write(ENDPOINT, item, EndpointItem.pk.does_not_exist(), reader=from_item)
    leases = EndpointItem.leases
    condition = size(leases) < admitted.most + len(admitted.expired)
    if endpoint.is_closed:
        condition &= EndpointItem.failures < FAILURES
    else:
        condition &= EndpointItem.failed_at == _text(endpoint.failed_at)
    actions: list[Action] = [leases[token].set(clock.timestamp(until))]
    for expired in admitted.expired:
        condition &= leases[expired].exists()
        actions.append(leases[expired].remove())
    return Write(ENDPOINT, _key(endpoint.supplier_id), condition, actions, from_item)


def noting(
    endpoint: Endpoint,
    served: Served,
    *,
    now: datetime,
    token: str | None = None,
    gone_url: str | None = None,
) -> Write:
    """Add what an exchange with the supplier showed, give the call's place back, and drop what has passed
    away of the counts that were read. Label `endpoint`; refused only where no place was ever taken."""
    item, at = EndpointItem, clock.timestamp(now)
    actions: list[Action] = [
        item.counts[key].set((item.counts[key] | 0) + amount) for key, amount in counted(served, now).items()
    ]
    actions += [item.counts[key].remove() for key in passed_away(endpoint.counts, now)]
    actions += [item.leases[token].remove()] if token else []
    actions += set_or_remove(item.gone_url, gone_url) if gone_url else []
    if served.failed:
        actions += [
            item.failures.add(1),
            item.failed_at.set(at),
            item.failing_since.set(item.failing_since | at),
        ]
    elif served.failed is not None:
        actions += _mended()
    return Write(ENDPOINT, _key(endpoint.supplier_id), EndpointItem.pk.exists(), actions)


def mending(supplier_id: str) -> Write:
    """Forget the failures in a row, and that the address was gone. Label `endpoint`."""
    actions = [*_mended(), EndpointItem.gone_url.remove()]
    return Write(ENDPOINT, _key(supplier_id), EndpointItem.pk.exists(), actions)


def beginning_anew(supplier_id: str) -> Write:
    """Forget everything, calls under way included. Label `endpoint`."""
    return Write(ENDPOINT, _to_item(Endpoint(supplier_id)))


def setting_health(health: SupplierHealth, *, expected_version: int) -> Write:
    """Put the supplier into a class, if nobody has judged it since `expected_version` (0: never).
    Label `supplier_health`."""
    due = health.look_again_at
    item = SupplierHealthItem(
        *keys.supplier_health(health.supplier_id),
        supplier_id=health.supplier_id,
        health=health.health,
        reason=health.reason,
        suspend_for=health.suspend_for,
        since=health.since,
        version=expected_version + 1,
        due_partition=keys.health_due(health.supplier_id) if due else None,
        due_sort=due,
        correlation_id=health.correlation_id,
        created_at=health.since,
        updated_at=health.updated_at,
    )
    unchanged = SupplierHealthItem.version == expected_version
    return Write(HEALTH, item, unchanged if expected_version else SupplierHealthItem.pk.does_not_exist())


def to_look_at(now: str, *, shard: int, limit: int) -> list[str]:
    """Ids of the suppliers whose class is to be looked at again by `now`, the longest due first."""
    found = AnyItem.due.query(keys.health_due_shard(shard), AnyItem.due_sort <= now, limit=limit)
    return [str(item.pk).partition("#")[2] for item in found]


def from_item(item: EndpointItem) -> Endpoint:
    """The endpoint that a table item holds."""
    return Endpoint(
        supplier_id=item.supplier_id,
        leases={token: clock.parse(end) for token, end in item.leases.as_dict().items()},
        failures=int(item.failures),
        failing_since=_moment(item.failing_since),
        failed_at=_moment(item.failed_at),
        gone_url=item.gone_url,
        counts={key: int(count) for key, count in item.counts.as_dict().items()},
        is_stored=True,
    )


def health_from_item(item: SupplierHealthItem) -> SupplierHealth:
    """The class that a table item holds."""
    return SupplierHealth(
        supplier_id=item.supplier_id,
        health=item.health,
        reason=item.reason,
        suspend_for=item.suspend_for,
        since=item.since,
        look_again_at=item.due_sort,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        updated_at=item.updated_at or "",
    )


def _mended() -> list[Action]:
    item = EndpointItem
    return [item.failures.set(0), item.failed_at.remove(), item.failing_since.remove()]


def _to_item(endpoint: Endpoint) -> EndpointItem:
    return EndpointItem(
        *keys.endpoint(endpoint.supplier_id),
        supplier_id=endpoint.supplier_id,
        leases={token: clock.timestamp(end) for token, end in endpoint.leases.items()},
        counts=dict(endpoint.counts),
        failures=endpoint.failures,
        failing_since=_text(endpoint.failing_since),
        failed_at=_text(endpoint.failed_at),
        gone_url=endpoint.gone_url,
    )


def _key(supplier_id: str) -> EndpointItem:
    return EndpointItem(*keys.endpoint(supplier_id))


def _text(moment: datetime | None) -> str | None:
    return clock.timestamp(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None
