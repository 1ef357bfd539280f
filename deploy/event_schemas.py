"""Keeps docs/events equal to the events.

`python -m deploy.event_schemas` writes a JSON Schema with an example for each type of event, and the page
that lists them, from `chalicelib/domain/event_types.py` and the meaning of each name below.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chalicelib.domain.event_types import EVENT_TYPES, EventType

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "events"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]
Meaning = tuple[Schema, Any]
"""A schema, and a value of it as an example."""


def _id(prefix: str, example: str) -> Meaning:
    return _text(f"^{prefix}_[0-9A-Za-z_-]+$", f"{prefix}_{example}")


def _text(pattern: str, example: str) -> Meaning:
    return {"type": "string", "pattern": pattern}, example


def _one_of(*values: str) -> Meaning:
    return {"enum": list(values)}, values[0]


def _many(each: Meaning) -> Meaning:
    return {"type": "array", "items": each[0]}, [each[1]]


def _object(members: Mapping[str, Meaning]) -> Meaning:
    """An object of these members and no others; one whose name ends in `?` may be missing."""
    named = {name.rstrip("?"): meaning for name, meaning in members.items()}
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in members if not name.endswith("?")],
        "properties": {name: schema for name, (schema, _) in named.items()},
    }
    return schema, {name: example for name, (_, example) in named.items()}


def _defined(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_DEFINED: Mapping[str, Meaning] = {
    "time": _text(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", "2026-11-24T09:30:00.000Z"),
    "money": _object({"amount": _text(r"^-?\d+(\.\d+)?$", "12.99"), "currency": _text("^[A-Z]{3}$", "EUR")}),
}
"""What is said once in a schema and referred to."""

_TIME, _MONEY = ((_defined(name), example) for name, (_, example) in _DEFINED.items())
_WORD = _text("^[A-Z][A-Z0-9_]*$", "ACCEPTED")
_COUNT: Meaning = {"type": "integer", "minimum": 0}, 2
_ULID = "01kawqve80rt9x5q7m2c4n8d6f"
_ORDER = "b5kq7hnwyx3eplmc2rjtuvgfsa"
_IDS = {
    "supplier_id": _id("sup", _ULID),
    "offer_id": _id("off", f"{_ULID}_8d969eef6ecad3c2"),
    "product_id": _id("prd", _ORDER),
    "order_id": _id("ord", _ORDER),
    "supplier_order_id": _id("so", f"{_ORDER}_1"),
    "line_id": _id("lin", f"{_ORDER}_1"),
    "split_from": _id("lin", f"{_ORDER}_1"),
    "attempt_id": _id("att", f"{_ORDER}_1"),
    "return_id": _id("ret", _ULID),
    "refund_id": _id("rfd", _ULID),
    "review_id": _id("rev", _ULID),
    "import_id": _id("imp", _ULID),
    "statement_id": _id("stm", f"{_ULID}_2026-11_EUR"),
    "payout_id": _id("pay", _ORDER),
}
_ATTEMPT_STATUSES = (
    "PLANNED",
    "SENT",
    "ACCEPTED",
    "PARTIALLY_ACCEPTED",
    "BACKORDERED",
    "REJECTED",
    "EXPIRED",
    "UNREACHABLE",
    "CANCELLATION_REQUESTED",
    "CANCELLATION_ACCEPTED",
    "CANCELLATION_REJECTED",
)
_LINE_IDS = ("line_id", "offer_id", "product_id", "supplier_id", "supplier_order_id")

MEANINGS: Mapping[str, Meaning] = {
    **_IDS,
    "version": ({"type": "integer", "minimum": 1}, 3),
    "status": _WORD,
    "suspension_type": _one_of("MANUAL", "AUTOMATIC", "INCOMPLETE_PROFILE"),
    "acceptance": _one_of("TO_REVIEW", "NEW", "ACCEPTED", "CHANGES_REQUESTED", "REJECTED"),
    "inactivity_reasons": _many(_text("^[A-Z_]+$", "PRODUCT_STATUS_NEW")),
    "price": _MONEY,
    "shipping_price": _MONEY,
    "prices": _many(_object({"price": _MONEY, "valid_from?": _TIME, "valid_until?": _TIME})),
    "available": _COUNT,
    "total": _MONEY,
    "lines": _many(
        _object({**{name: _IDS[name] for name in _LINE_IDS}, "quantity": _COUNT, "unit_price": _MONEY})
    ),
    "of_lines": _many(
        _object(
            {
                "line_id": _IDS["line_id"],
                "quantity?": _COUNT,
                "received?": _COUNT,
                "amount?": _MONEY,
                "shipping?": _MONEY,
                "tax?": _MONEY,
            }
        )
    ),
    **dict.fromkeys(("amount", "opening_balance", "balance", "carried_over"), _MONEY),
    "period": _text(r"^20\d\d-(\d\d|W\d\d)$", "2026-11"),
    "withheld": _many(_text("^[A-Z_]+$", "RESERVE")),
    "promise": _object(
        {
            "max_unit_price?": _MONEY,
            "deliver_by?": _TIME,
            "may_change_supplier?": ({"type": "boolean"}, True),
            "may_split?": ({"type": "boolean"}, True),
        }
    ),
    "code": _WORD,
    "health": _one_of("GOOD", "POOR", "FAILING"),
    "quantity": _COUNT,
    **dict.fromkeys(("accepted", "canceled", "refused", "shipped", "delivered", "returned"), _COUNT),
    "attempt_status": _one_of(*_ATTEMPT_STATUSES),
    "accept_by": _TIME,
    "held_until": _TIME,
    "unit_price": _MONEY,
    "kind": _one_of("SUPPLIER", "OFFER"),
    "dialect": ({"type": "string"}, "own"),
    **dict.fromkeys(
        ("lines_read", "lines_in_success", "lines_in_error", "lines_with_warning", "lines_in_pending"), _COUNT
    ),
}
"""Every name that an event's data may hold: its schema, and a value as an example."""


def schema(kind: str) -> Schema:
    """The JSON Schema of the whole event, as it is the detail of what comes over the bus."""
    event = EVENT_TYPES[kind]
    state = _object({name: MEANINGS[name.rstrip("?")] for name in event.change})
    described, example = _object(
        {
            "event_id": _id("evt", _ORDER),
            "type": ({"const": kind}, kind),
            "schema_version": ({"const": event.version}, event.version),
            "occurred_at": _TIME,
            "correlation_id": ({"type": "string", "maxLength": 128}, f"req_{_ULID}"),
            "data": _data(event, state),
        }
    )
    about = {"$schema": DIALECT, "$id": f"{kind}.json", "title": kind, "description": event.says}
    defined = {**_DEFINED, "state": state}
    used = {
        name: meaning[0] for name, meaning in defined.items() if f"$defs/{name}" in repr((described, state))
    }
    return {**about, **described, "$defs": used, "examples": [example]}


def _data(event: EventType, state: Meaning) -> Meaning:
    members = {name: MEANINGS[name.rstrip("?")] for name in event.data}
    if event.change:
        nothing_or = {"anyOf": [{"type": "null"}, _defined("state")]}
        changed = [name.rstrip("?") for name in event.change]
        members |= {
            "old": (nothing_or, None),
            "new": (nothing_or, state[1]),
            "changed": ({"type": "array", "items": {"type": "string"}}, changed),
        }
    return _object(members)


_OPENING = """# The domain events

Written by `python -m deploy.event_schemas` from `chalicelib/domain/event_types.py`; change the events there.

Each is the `detail` of an EventBridge event on the bus `marketplace-<stage>`, with the source `marketplace`
and the type as `detail-type`. They hold ids, codes, states, quantities and money, never a name, an address or
a text that somebody wrote; who needs more reads it by its id.

- An event comes at least once and in any order. `event_id` is the same each time.
- `old`, `new` and `changed` (names) say what became of a record. `old` is null where there was nothing, and
  where the fact is told anew after a failure and what was before is not known any more.
- `correlation_id` is that of the request or run that caused it.
- A type may gain fields and keeps its `schema_version`, which rises when a reader would misunderstand.

| type | says | data | old and new |
|---|---|---|---|
"""


def page() -> str:
    """The text of docs/events/README.md."""
    rows = []
    for kind, event in EVENT_TYPES.items():
        held, changed = (" ".join(f"`{name}`" for name in names) for names in (event.data, event.change))
        rows.append(f"| [{kind}]({kind}.json) | {event.says} | {held} | {changed} |\n")
    return _OPENING + "".join(rows)


def pages() -> dict[str, str]:
    """The text of every file of docs/events by its name."""
    schemas = {f"{kind}.json": json.dumps(schema(kind), indent=2) + "\n" for kind in EVENT_TYPES}
    return {"README.md": page(), **schemas}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for gone in {path.name for path in FOLDER.iterdir()} - pages().keys():
        (FOLDER / gone).unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text)
