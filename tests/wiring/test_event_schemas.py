"""The pages about the events are the events'."""

import json

import pytest
from event_schemas import faults_of

from chalicelib.domain.event_types import EVENT_TYPES
from deploy import event_schemas


def test_the_pages_say_what_the_events_hold() -> None:
    written = {path.name: path.read_text() for path in event_schemas.FOLDER.iterdir()}

    assert written == event_schemas.pages(), "run: python -m deploy.event_schemas"


def test_every_name_that_has_a_meaning_is_used() -> None:
    named = {name.rstrip("?") for each in EVENT_TYPES.values() for name in (*each.data, *each.change)}

    assert named == event_schemas.MEANINGS.keys()


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_schema_fits_its_own_example_and_no_other_event(kind: str) -> None:
    example = json.loads((event_schemas.FOLDER / f"{kind}.json").read_text())["examples"][0]

    assert faults_of(example) == []
    assert faults_of({**example, "name": "Ada"}) != []
    assert faults_of({**example, "data": {**example["data"], "name": "Ada"}}) != []
