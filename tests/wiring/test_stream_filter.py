"""The stream's filter lets through what the stream's handler reacts to, and nothing else."""

import json

from chalicelib.storage import changes
from chalicelib.storage.items import Item
from deploy.mappings import STREAM_FILTER


def test_the_filter_passes_exactly_the_kinds_of_items_that_something_follows_from():
    kinds = json.loads(STREAM_FILTER)["dynamodb"]["NewImage"]["kind"]["S"]
    discriminator = Item.get_attributes()["kind"]

    assert set(kinds) == {discriminator.get_discriminator(item) for item in changes._READERS}
