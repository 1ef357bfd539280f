"""The catalogue's lists: the entries that pages are read from, and of each product where its entries stand.

Here the table is asked without PynamoDB's models: a page of cards is joined as it comes, and what one batch
of changes lists anew is hundreds of small items.
"""

import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib import settings
from chalicelib.domain.catalogue import Listed, Listing, Place, spaced
from chalicelib.storage import keys
from chalicelib.storage.errors import Contention
from chalicelib.storage.items import Item

Raw = dict[str, Any]

_WRITES, _READS = 25, 100
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_QUERIES = 4
_SHORT = (",", ":")
_MOST_ASKED = 1000


@dataclass(frozen=True)
class Only:
    """What of a list is wanted: what stands there `as_of` a moment, in a list whose places move; what is in
    the category or below it; what is of the brand; what has the words."""

    as_of: str | None = None
    category: str = ""
    brand: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stretch:
    """A stretch of a list: sort keys, each with the card that stands there (a word's list has none), and the
    sort key behind which to read on."""

    entries: tuple[tuple[str, str], ...]
    next_after: str | None


def read(name: str, only: Only, *, after: str | None, descending: bool, limit: int) -> Stretch:
    """At most `limit` entries of the list `name` behind `after`. One query where nothing has to be passed
    over; where too much has, fewer than `limit` come with a place to read on from."""
    asked = {
        "TableName": settings.table_name(),
        "ProjectionExpression": "SK, card",
        "ScanIndexForward": not descending,
        **_conditions(name, only),
    }
    size = limit + 1 + (limit // 8 if "FilterExpression" in asked else 0)
    found: list[tuple[str, str]] = []
    for _ in range(_QUERIES):
        if after is not None:
            asked["ExclusiveStartKey"] = _key(keys.catalogue_entry(name, after))
        answer = _client().query(**asked, Limit=size)
        found += [(item["SK"]["S"], item["card"]["S"] if "card" in item else "") for item in answer["Items"]]
        if len(found) > limit:
            return Stretch(tuple(found[:limit]), found[limit - 1][0])
        if "LastEvaluatedKey" not in answer:
            return Stretch(tuple(found), None)
        after = answer["LastEvaluatedKey"]["SK"]["S"]
        size = min(size * 8, _MOST_ASKED)
    return Stretch(tuple(found), after)


def _conditions(name: str, only: Only) -> Raw:
    values, filters = {":list": keys.catalogue_list(name)}, []
    if only.as_of is not None:
        values[":as_of"] = only.as_of
        filters.append("opened_at <= :as_of AND (attribute_not_exists(closed_at) OR closed_at > :as_of)")
    if only.category:
        values[":category"] = only.category
        filters.append("begins_with(category, :category)")
    if only.brand:
        values[":brand"] = only.brand
        filters.append("brand = :brand")
    for number, word in enumerate(only.words):
        values[f":word{number}"] = spaced(word)
        filters.append(f"contains(words, :word{number})")
    return {
        "KeyConditionExpression": "PK = :list",
        "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
        **({"FilterExpression": " AND ".join(filters)} if filters else {}),
    }


def get_many(product_ids: Iterable[str], *, consistent: bool) -> dict[str, Listed]:
    """What is known of the places of those products that are listed; a round trip for every 100."""
    wanted = [_key(keys.listing(product_id)) for product_id in dict.fromkeys(product_ids)]
    found: dict[str, Listed] = {}
    for part in _parts(wanted, _READS):
        asked = {settings.table_name(): {"Keys": part, "ConsistentRead": consistent}}
        for answer in _until_done(_client().batch_get_item, asked, "UnprocessedKeys"):
            for item in answer["Responses"].get(settings.table_name(), ()):
                listed = _listed(item)
                found[listed.product_id] = listed
    return found


def keeping(listed: Listed, *, expires_at: int | None = None) -> Raw:
    """The request that replaces what is known of a product's places, until `expires_at` if given."""
    attributes = {
        "product_id": listed.product_id,
        "card": listed.card,
        "listings": json.dumps(
            [_stored(each) for each in listed.begun], ensure_ascii=False, separators=_SHORT
        ),
        "free_at": listed.free_at,
    }
    # How many of the listings are only begun: all but one, which is the first, or all.
    numbers = {"stamp": listed.stamp, "pending": len(listed.pending)}
    numbers |= {} if expires_at is None else {"expires_at": expires_at}
    return _put(
        {
            **_item(keys.listing(listed.product_id), "LISTING", attributes),
            **{name: {"N": str(number)} for name, number in numbers.items()},
        }
    )


def opening(place: Place, stands: Mapping[str, str]) -> Raw:
    """The request that puts an entry, or replaces what stands at its place."""
    return _put(_entry(place, stands))


def closing(place: Place, stands: Mapping[str, str], *, closed_at: str, expires_at: int) -> Raw:
    """The request after which an entry stands for those only who read as of a moment before `closed_at`."""
    return _put(
        {**_entry(place, stands), "closed_at": {"S": closed_at}, "expires_at": {"N": str(expires_at)}}
    )


def removing(place: Place) -> Raw:
    """The request that takes an entry away from all."""
    return {"DeleteRequest": {"Key": _key(keys.catalogue_entry(*place))}}


def write(requests: Sequence[Raw]) -> None:
    """Make all the requests, each for another item, in any order; 25 a round trip. Raises Contention where
    the table does not take them all in time: then some are made and some are not."""
    for part in _parts(requests, _WRITES):
        for _ in _until_done(_client().batch_write_item, {settings.table_name(): part}, "UnprocessedItems"):
            pass


def _until_done(call: Any, asked: Raw, left: str) -> Iterator[Raw]:
    """The answers to a batch and to what was left of it each time."""
    for pause in (*_PAUSES, None):
        answer = call(RequestItems=asked)
        yield answer
        asked = answer.get(left)
        if not asked:
            return
        if pause is not None:
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - spreads retries, hides nothing
    raise Contention


def _listed(item: Raw) -> Listed:
    product_id = item["product_id"]["S"]
    begun = [_listing(product_id, stored) for stored in json.loads(item["listings"]["S"])]
    confirmed = len(begun) - int(item["pending"]["N"])
    return Listed(
        product_id,
        int(item["stamp"]["N"]),
        item["card"]["S"],
        listing=begun[0] if confirmed else None,
        pending=tuple(begun[confirmed:]),
        free_at=item["free_at"]["S"],
    )


def _stored(listing: Listing) -> list[Any]:
    return [listing.created_at, listing.category, listing.brand, listing.prices, listing.words]


def _listing(product_id: str, stored: Sequence[Any]) -> Listing:
    created_at, category, brand, prices, words = stored
    return Listing(
        product_id,
        created_at,
        category,
        brand,
        prices=tuple((key, since) for key, since in prices),
        words={word: (rank, since) for word, (rank, since) in words.items()},
    )


def _entry(place: Place, stands: Mapping[str, str]) -> Raw:
    return _item(keys.catalogue_entry(*place), "ENTRY", stands)


def _item(key: keys.Key, kind: str, texts: Mapping[str, str]) -> Raw:
    return {**_key(key), "kind": {"S": kind}, **{name: {"S": text} for name, text in texts.items()}}


def _put(item: Raw) -> Raw:
    return {"PutRequest": {"Item": item}}


def _key(key: keys.Key) -> Raw:
    return {"PK": {"S": key.pk}, "SK": {"S": key.sk}}


def _parts(whole: Sequence[Raw], size: int) -> Iterator[Sequence[Raw]]:
    return (whole[start : start + size] for start in range(0, len(whole), size))


def _client() -> Any:
    return Item._get_connection().connection.client
