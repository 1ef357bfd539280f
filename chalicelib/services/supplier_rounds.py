"""Work that is done once for every supplier: a message goes round them and leaves one for each.

Should it come twice, each supplier gets its message twice.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.clients import queues
from chalicelib.storage import suppliers

_TRADED = ("OPEN", "SUSPENDED", "TERMINATED")
_PAGE = 100


def go_on(queue_url: str, message: Mapping[str, Any], shared: Mapping[str, Any], *, until: str) -> int | None:
    """Leave a message with what is `shared` for each of the next suppliers, of those registered by then that
    may have traded, and one that goes on behind them. Once there is none left, how many there were."""
    place, counted = message.get("place", ""), int(message.get("counted", 0))
    page = suppliers.registered_after(place, until=until, statuses=_TRADED, limit=_PAGE)
    if not page:
        return counted
    queues.send_all(queue_url, [{**shared, "supplier_id": each.supplier_id} for each in page])
    behind = suppliers.place_of(page[-1])
    queues.send(queue_url, {**shared, "place": behind, "counted": counted + len(page)})
    return None
