"""What is late is sent through the stream again: records that wait for their validation, and products whose
view time has changed."""

from datetime import timedelta

from chalicelib import clock, telemetry
from chalicelib.storage import products, validations
from chalicelib.storage.errors import WriteRefused
from chalicelib.storage.keys import DUE_SHARDS, Key
from chalicelib.storage.transaction import commit

EVERY = timedelta(minutes=5)
"""How often the sweep runs, and how long a record may wait before it looks."""
_DOUBLINGS = 12
_PER_WINDOW = 500


def sweep() -> int:
    """Touch the records whose next try is due, and say how many.

    A record is touched after 5, 10, 20, 40 … minutes of waiting, for a week: a lost execution is late by
    minutes, and a poisonous record does not fill the dead letters with itself.
    """
    touched = sum(_touch(key) for key in _due())
    telemetry.log("VALIDATIONS_SWEPT", touched=touched)
    return touched


def sweep_views() -> int:
    """Touch the products whose offers' prices or periods have begun or ended since, and say how many.

    Readers need not wait for it: they see a view as time has made it. What is written of a product (its
    place in lists, its featured offer) follows here.
    """
    now = clock.timestamp()
    touched = sum(
        _touch(key)
        for shard in range(DUE_SHARDS)
        for key in products.views_due(now, shard=shard, limit=_PER_WINDOW)
    )
    telemetry.log("VIEWS_SWEPT", touched=touched)
    return touched


def _due() -> list[Key]:
    now = clock.now()
    found = []
    for doubling in range(_DOUBLINGS):
        end = now - EVERY * 2**doubling
        start = end - EVERY
        for shard in range(DUE_SHARDS):
            found += validations.waiting_between(
                clock.timestamp(start), clock.timestamp(end), shard=shard, limit=_PER_WINDOW
            )
    return list(dict.fromkeys(found))


def _touch(key: Key) -> bool:
    try:
        commit(validations.touching(key, now=clock.timestamp()))
    except WriteRefused:
        return False
    return True
