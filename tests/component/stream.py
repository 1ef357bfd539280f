"""The table's stream in process: moto keeps none that anything would read, so tests hand it over."""

from collections.abc import Callable
from typing import Any

from chalicelib.storage.items import Item

Image = dict[str, Any]
Images = dict[tuple[str, str], Image]


def records_of(work: Callable[[], object]) -> list[dict[str, Any]]:
    """The stream records of everything that `work` changes in the table, as Lambda gets them."""
    before = images()
    work()
    return between(before, images())


def between(before: Images, after: Images) -> list[dict[str, Any]]:
    """The stream records that lead from one state of the table to another."""
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return [_record(number, key, before.get(key), after.get(key)) for number, key in enumerate(changed)]


def everything() -> list[dict[str, Any]]:
    """The records of a table that was empty before."""
    return [_record(number, key, None, image) for number, (key, image) in enumerate(images().items())]


def images() -> Images:
    """All items by their keys."""
    client = Item._get_connection().connection.client
    items = client.scan(TableName="marketplace-test")["Items"]
    return {(item["PK"]["S"], item["SK"]["S"]): item for item in items}


def _record(number: int, key: tuple[str, str], old: Image | None, new: Image | None) -> dict[str, Any]:
    told: dict[str, Any] = {"Keys": {"PK": {"S": key[0]}, "SK": {"S": key[1]}}, "SequenceNumber": str(number)}
    told |= {"OldImage": old} if old else {}
    told |= {"NewImage": new} if new else {}
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    return {"eventID": f"event-{number}", "eventName": name, "dynamodb": told, "eventSource": "aws:dynamodb"}
