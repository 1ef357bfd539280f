"""The ledger's postings, each supplier's in a partition of its own, by time: written once, never changed."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.domain.ledger import Move, Posting, Standing, earliest_id
from chalicelib.storage import keys, reads
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write

_BEHIND_ALL = "led_~"


class PostingItem(Item, discriminator="POSTING"):
    cause = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    at = UnicodeAttribute()
    currency = UnicodeAttribute()
    moves = JSONText()
    order_id = UnicodeAttribute(null=True)
    supplier_order_id = UnicodeAttribute(null=True)
    by = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)


class TakenBackItem(Item, discriminator="TAKEN_BACK"):
    minor = NumberAttribute()


class StandingItem(Item, discriminator="STANDING"):
    cutoff = UnicodeAttribute()
    sums = JSONText()


class TakenBack(NamedTuple):
    """How much of a charge was taken back, in minor units, by how many postings."""

    minor: int = 0
    times: int = 0


def adding(posting: Posting) -> Write:
    """Its id stands for its cause, so a refusal is a replay. Label `posting`, found: Posting."""
    item = PostingItem(
        *keys.posting(posting.supplier_id, posting.posting_id),
        cause=posting.cause,
        supplier_id=posting.supplier_id,
        at=posting.at,
        currency=posting.currency,
        moves=[_packed(move) for move in posting.moves],
        order_id=posting.order_id,
        supplier_order_id=posting.supplier_order_id,
        by=posting.by,
        reason=posting.reason,
        status_partition=keys.postings_of_order(posting.order_id) if posting.order_id else None,
        status_sort=posting.posting_id if posting.order_id else None,
        correlation_id=posting.correlation_id,
        created_at=posting.at,
        updated_at=posting.at,
    )
    return Write("posting", item, PostingItem.pk.does_not_exist(), reader=from_item)


def get(supplier_id: str, posting_id: str) -> Posting | None:
    if not posting_id.startswith("led_"):
        return None
    item = reads.get_one(keys.posting(supplier_id, posting_id))
    return from_item(item) if isinstance(item, PostingItem) else None


def taken_back(supplier_id: str, posting_id: str) -> TakenBack:
    """What was taken back of the charge so far."""
    item = reads.get_one(keys.taken_back(supplier_id, posting_id))
    return TakenBack(int(item.minor), int(item.version)) if isinstance(item, TakenBackItem) else TakenBack()


def taking_back(posting: Posting, before: TakenBack, minor: int, *, now: str) -> Write:
    """Note that so much more of the charge is taken back, where nothing was since `before`. Label
    `taken_back`."""
    item = TakenBackItem(
        *keys.taken_back(posting.supplier_id, posting.posting_id),
        minor=before.minor + minor,
        version=before.times + 1,
        updated_at=now,
    )
    unchanged = TakenBackItem.version == before.times if before.times else TakenBackItem.pk.does_not_exist()
    return Write("taken_back", item, unchanged)


def standing(supplier_id: str) -> Standing:
    """What stood in the supplier's ledger when a period was last closed."""
    item = reads.get_one(keys.standing(supplier_id))
    if not isinstance(item, StandingItem):
        return Standing()
    return Standing(item.cutoff, {(currency, account): minor for currency, account, minor in item.sums})


def setting_standing(supplier_id: str, before: Standing, standing: Standing, *, now: str) -> Write:
    """Keep what stood in the ledger at a later cutoff, where none was kept since `before`: so each posting is
    closed in once. Label `standing`."""
    item = StandingItem(
        *keys.standing(supplier_id),
        cutoff=standing.cutoff,
        sums=[[*place, minor] for place, minor in sorted(standing.sums.items()) if minor],
        updated_at=now,
    )
    is_unmoved = StandingItem.cutoff == before.cutoff if before.cutoff else StandingItem.pk.does_not_exist()
    return Write("standing", item, is_unmoved)


def walk(
    supplier_id: str,
    *,
    since: str | None = None,
    until: str | None = None,
    first: str = "",
    at_once: int | None = None,
) -> Iterator[Posting]:
    """All of the supplier's postings from the one moment, and the posting `first`, on and before the other,
    oldest first, as last written; read `at_once`, or a MB, in each round trip."""
    start, end = max(_from(since), first), _until(until)
    if start > end:
        return iter(())
    found = Item.query(
        keys.posting(supplier_id, "").pk,
        Item.sk.between(start, end),
        consistent_read=True,
        page_size=at_once,
    )
    return map(from_item, found)


def of_order(
    order_id: str, *, since: str | None = None, until: str | None = None, first: str = ""
) -> Iterator[Posting]:
    """The same of what was posted because of one order, in all its suppliers' ledgers. It is read from an
    index: what was written this very moment may be missing."""
    start, end = max(_from(since), first), _until(until)
    if start > end:
        return iter(())
    found = Item.by_status.query(keys.postings_of_order(order_id), Item.status_sort.between(start, end))
    return map(from_item, found)


def from_item(item: Any) -> Posting:
    """The posting that a table item holds."""
    return Posting(
        posting_id=item.sk,
        cause=item.cause,
        supplier_id=item.supplier_id,
        at=item.at,
        currency=item.currency,
        moves=tuple(map(_move_from, item.moves)),
        order_id=item.order_id,
        supplier_order_id=item.supplier_order_id,
        by=item.by,
        reason=item.reason,
        correlation_id=item.correlation_id or "",
    )


def _packed(move: Move) -> dict[str, Any]:
    return {name: value for name, value in asdict(move).items() if value is not None}


def _move_from(stored: dict[str, Any]) -> Move:
    reverses = stored.get("reverses")
    return Move(**{**stored, "reverses": reverses and (reverses[0], reverses[1])})


def _from(since: str | None) -> str:
    return earliest_id(since) if since else "led_"


def _until(until: str | None) -> str:
    # A posting of that very moment has more behind it, so it sorts behind this.
    return earliest_id(until) if until else _BEHIND_ALL
