"""Webhooks, and a directory of whose there are."""

from collections.abc import Iterable
from dataclasses import replace

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute

from chalicelib.domain.webhooks import Webhook
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write


class WebhookItem(Item, discriminator="WEBHOOK"):
    webhook_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    url = UnicodeAttribute()
    events = JSONText()
    description = UnicodeAttribute(default="")
    status = UnicodeAttribute()
    disabled_because = UnicodeAttribute(null=True)
    generation = NumberAttribute(default=1)
    overlap_until = UnicodeAttribute(null=True)


class WebhookOwnersItem(Item, discriminator="WEBHOOK_OWNERS"):
    owners: UnicodeSetAttribute = UnicodeSetAttribute(null=True)


def get(webhook_id: str) -> Webhook | None:
    item = reads.get_one(keys.webhook(webhook_id))
    return _from_item(item) if isinstance(item, WebhookItem) else None


def owners() -> frozenset[str]:
    """Whoever has, or has had, a webhook; one read of a small item."""
    item = reads.get_one(keys.webhook_owners())
    return frozenset(item.owners or ()) if isinstance(item, WebhookOwnersItem) else frozenset()


def of_owner(owner: str) -> list[Webhook]:
    """All of one owner, oldest first; there are few, and one round trip reads them."""
    prefix = keys.webhooks_of(owner)
    return [_from_item(item) for item in Item.by_status.query(prefix) if isinstance(item, WebhookItem)]


def page(owner: str, *, limit: int, cursor: str | None) -> pages.Page[Webhook]:
    """An owner's webhooks, oldest first. Raises BadCursor."""
    return reads.page_by_status(keys.webhooks_of(owner), _from_item, limit=limit, cursor=cursor)


def adding(webhook: Webhook) -> Write:
    """Label `webhook`."""
    return Write("webhook", _to_item(webhook), WebhookItem.pk.does_not_exist())


def replacing(webhook: Webhook, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher. Label `webhook`."""
    item = _to_item(replace(webhook, version=expected_version + 1))
    return Write("webhook", item, WebhookItem.version == expected_version)


def removing(webhook_id: str, *, expected_version: int) -> Write:
    """Label `webhook`."""
    item = WebhookItem(*keys.webhook(webhook_id))
    return Write("webhook", item, WebhookItem.version == expected_version, removes=True)


def listing_owners(wanted: Iterable[str]) -> Write:
    """Have these looked for among those who have webhooks. Doing it again changes nothing. Label `owners`."""
    item = WebhookOwnersItem(*keys.webhook_owners())
    actions = [WebhookOwnersItem.owners.add(set(wanted)), WebhookOwnersItem.kind.set(WebhookOwnersItem)]
    return Write("owners", item, None, actions)


def _to_item(webhook: Webhook) -> WebhookItem:
    return WebhookItem(
        *keys.webhook(webhook.webhook_id),
        webhook_id=webhook.webhook_id,
        owner=webhook.owner,
        url=webhook.url,
        events=list(webhook.events),
        description=webhook.description,
        status=webhook.status,
        disabled_because=webhook.disabled_because,
        generation=webhook.generation,
        overlap_until=webhook.overlap_until,
        status_partition=keys.webhooks_of(webhook.owner),
        status_sort=f"{webhook.created_at}#{webhook.webhook_id}",
        version=webhook.version,
        correlation_id=webhook.correlation_id,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
    )


def _from_item(item: WebhookItem) -> Webhook:
    return Webhook(
        webhook_id=item.webhook_id,
        owner=item.owner,
        url=item.url,
        events=tuple(item.events),
        description=item.description,
        status=item.status,
        disabled_because=item.disabled_because,
        generation=int(item.generation),
        overlap_until=item.overlap_until,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
