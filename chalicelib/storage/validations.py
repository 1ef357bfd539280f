"""Records that wait for validation, and the touch that sends an item through the stream again."""

from collections.abc import Iterable

from chalicelib.domain.offer import Offer
from chalicelib.domain.supplier import Supplier
from chalicelib.storage import keys, offers, reads, suppliers
from chalicelib.storage.items import AnyItem, Due, OfferItem, SupplierItem
from chalicelib.storage.transaction import Write


def waiting_between(start: str, end: str, *, shard: int, limit: int) -> list[keys.Key]:
    """Keys of records of one shard that have been pending since some moment from `start` to `end`, longest
    first."""
    found = AnyItem.due.query(keys.validations_due_shard(shard), Due.sort.between(start, end), limit=limit)
    return [keys.Key(item.pk, item.sk) for item in found]


def get_many(wanted: Iterable[keys.Key]) -> dict[keys.Key, Supplier | Offer]:
    """The suppliers and offers that exist of those asked for, as last written, in one round trip per 100."""
    found: dict[keys.Key, Supplier | Offer] = {}
    for key, item in reads.get_many(wanted).items():
        if isinstance(item, SupplierItem):
            found[key] = suppliers.from_item(item)
        elif isinstance(item, OfferItem):
            found[key] = offers.from_item(item)
    return found


def touching(key: keys.Key, *, now: str) -> Write:
    """Change nothing but `touched_at`, so that the stream's readers see the item again. Label `touch`."""
    return Write("touch", AnyItem(*key), AnyItem.pk.exists(), actions=[AnyItem.touched_at.set(now)])
