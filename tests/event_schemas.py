"""What docs/events says that goes over the bus, for tests to hold events against."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from chalicelib.domain.event_types import EVENT_TYPES
from deploy.event_schemas import FOLDER


def faults_of(event: Mapping[str, Any]) -> list[str]:
    """Where the event is not what its schema says."""
    if event["type"] not in EVENT_TYPES:
        return [f"docs/events knows no {event['type']}"]
    found = _validator(event["type"]).iter_errors(event)
    return [f"{event['type']}{each.json_path[1:]}: {each.message}" for each in found]


@cache
def _validator(kind: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{kind}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
