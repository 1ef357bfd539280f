"""The stream's filter lets through what the stream's handler reacts to, and nothing else."""

from chalicelib.domain import announce_offers
from chalicelib.storage import changes
from chalicelib.storage.items import Item, OfferItem
from deploy.mappings import STREAM_KINDS, STREAM_OFFERS


def test_the_filter_passes_exactly_the_kinds_of_items_that_something_follows_from():
    discriminator = Item.get_attributes()["kind"]
    followed = {discriminator.get_discriminator(item) for item in changes._READERS if item is not OfferItem}

    assert set(STREAM_KINDS) == followed


def test_of_offers_it_passes_those_that_are_announced():
    assert set(STREAM_OFFERS) == announce_offers.OF_ACCEPTANCE.keys()
