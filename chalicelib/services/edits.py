"""What an edit makes of a record: its content, and the corrections that it keeps."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib import clock, ids
from chalicelib.domain import corrections
from chalicelib.domain.offer import Offer
from chalicelib.domain.reversals import Made
from chalicelib.domain.supplier import Supplier

Content = Mapping[str, Any]
Changed = Callable[[Content], dict[str, Any]]
Edit = Callable[[Supplier | Offer, Content], tuple[dict[str, Any], Sequence[Made]]]
"""The new content and corrections of a record with this content."""


def own(changed: Changed) -> Edit:
    """An edit of the supplier's own; corrections that it overtakes go."""
    return lambda record, content: (changed(content), record.corrections)


def by_administrator(changed: Changed, *, actor: str) -> Edit:
    """An administrator's edit, every part of which is kept as a correction that can be undone."""

    def edit(record: Supplier | Offer, content: Content) -> tuple[dict[str, Any], Sequence[Made]]:
        after = changed(content)
        offer_id = record.offer_id if isinstance(record, Offer) else None
        at = clock.timestamp()
        made = [
            each.as_json(ids.correction_id(offer_id), at=at, by=actor)
            for each in corrections.by_hand(_without_stock(content), _without_stock(after))
        ]
        return after, [*record.corrections, *made]

    return edit


def _without_stock(content: Content) -> Content:
    """Stock is counted, not corrected."""
    return {name: value for name, value in content.items() if name != "quantity"}
