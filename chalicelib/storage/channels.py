"""Storefronts that send orders, and the orders of theirs that could not be placed."""

from dataclasses import asdict, replace
from datetime import timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib.domain.channel import Channel, RefusedOrder, SealedSecret
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write

REFUSALS_KEPT = timedelta(days=90)


class ChannelItem(Item, discriminator="CHANNEL"):
    shop = UnicodeAttribute()
    secrets = JSONText()
    changed_by = UnicodeAttribute()


class RefusedOrderItem(Item, discriminator="REFUSED_ORDER"):
    shop = UnicodeAttribute()
    order = UnicodeAttribute()
    name = UnicodeAttribute()
    code = UnicodeAttribute()
    errors = JSONText()


def get(shop: str) -> Channel | None:
    item = reads.get_one(keys.channel(shop))
    return _from_item(item) if isinstance(item, ChannelItem) else None


def page(*, limit: int, cursor: str | None) -> pages.Page[Channel]:
    """All channels by name. Raises BadCursor."""
    pk = keys.channel("").pk
    start = pages.decode(cursor, partition=("PK", pk), attributes=("PK", "SK"))
    return pages.read(ChannelItem.query(pk, limit=limit, last_evaluated_key=start), _from_item)


def writing(channel: Channel, *, expected_version: int | None) -> Write:
    """Write it if it still has `expected_version`, or is not there for None; the stored version is one
    higher. Label `channel`."""
    kept = replace(channel, version=(expected_version or 0) + 1)
    item = ChannelItem(
        *keys.channel(kept.shop),
        shop=kept.shop,
        secrets=[asdict(each) for each in kept.secrets],
        changed_by=kept.changed_by,
        version=kept.version,
        correlation_id=kept.correlation_id,
        created_at=kept.created_at,
        updated_at=kept.updated_at,
    )
    unchanged = (
        ChannelItem.pk.does_not_exist()
        if expected_version is None
        else ChannelItem.version == expected_version
    )
    return Write("channel", item, unchanged)


def removing(shop: str, *, expected_version: int) -> Write:
    """Label `channel`."""
    item = ChannelItem(*keys.channel(shop))
    return Write("channel", item, ChannelItem.version == expected_version, removes=True)


def page_of_refused(shop: str, *, limit: int, cursor: str | None) -> pages.Page[RefusedOrder]:
    """Orders of this channel that were not placed, by the number that it gave them. Raises BadCursor."""
    pk = keys.refused_order(shop, "").pk
    start = pages.decode(cursor, partition=("PK", pk), attributes=("PK", "SK"))
    return pages.read(RefusedOrderItem.query(pk, limit=limit, last_evaluated_key=start), _refused_from)


def noting(refused: RefusedOrder, *, epoch_seconds: int) -> Write:
    """Keep why the order was refused last. Label `refused_order`."""
    item = RefusedOrderItem(
        *keys.refused_order(refused.shop, refused.order),
        shop=refused.shop,
        order=refused.order,
        name=refused.name,
        code=refused.code,
        errors=refused.errors,
        expires_at=epoch_seconds + int(REFUSALS_KEPT.total_seconds()),
        correlation_id=refused.correlation_id,
        created_at=refused.refused_at,
        updated_at=refused.refused_at,
    )
    return Write("refused_order", item)


def forgetting(shop: str, order: str) -> Write:
    """The order is placed, whatever it was refused for before. Label `refused_order`."""
    return Write("refused_order", RefusedOrderItem(*keys.refused_order(shop, order)), removes=True)


def _from_item(item: ChannelItem) -> Channel:
    return Channel(
        shop=item.shop,
        secrets=tuple(SealedSecret(**each) for each in item.secrets),
        changed_by=item.changed_by,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )


def _refused_from(item: RefusedOrderItem) -> RefusedOrder:
    return RefusedOrder(
        shop=item.shop,
        order=item.order,
        name=item.name,
        code=item.code,
        errors=tuple(item.errors),
        correlation_id=item.correlation_id or "",
        refused_at=item.updated_at or "",
    )
