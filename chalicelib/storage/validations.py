"""Records that wait for validation, and the touch that sends an item through the stream again."""

from chalicelib.storage import keys
from chalicelib.storage.items import AnyItem, Due
from chalicelib.storage.transaction import Write


def waiting_since_before(moment: str, *, shard: int, limit: int) -> list[keys.Key]:
    """Keys of records of one shard that have been pending since before `moment`, longest first."""
    found = AnyItem.due.query(keys.validations_due_shard(shard), Due.sort < moment, limit=limit)
    return [keys.Key(item.pk, item.sk) for item in found]


def touching(key: keys.Key, *, now: str) -> Write:
    """Change nothing but `touched_at`, so that the stream's readers see the item again. Label `touch`."""
    return Write("touch", AnyItem(*key), AnyItem.pk.exists(), actions=[AnyItem.touched_at.set(now)])
