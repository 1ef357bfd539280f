"""The one table in PynamoDB: attributes that every item shares, and one class per kind of item.

Values that are only read and written whole (a profile, a list of issues) are one JSON string each: a
string parses faster than a tree of typed attributes, and no empty value or float can go wrong in it.
"""

import json
from decimal import Decimal
from typing import Any

from botocore.config import Config
from pynamodb.attributes import (
    Attribute,
    BinaryAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
)
from pynamodb.connection import TableConnection
from pynamodb.constants import STRING
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib import settings


class _TableMeta(type):
    """Gives `Meta.table_name` when it is asked for, so that importing needs no environment."""

    @property
    def table_name(cls) -> str:
        return settings.table_name()

    @property
    def region(cls) -> str:
        return settings.region()


class _Table(metaclass=_TableMeta):
    connect_timeout_seconds = 2
    read_timeout_seconds = 5
    max_retry_attempts = 3


_CLIENT_CONFIG = Config(user_agent="marketplace")  # botocore otherwise builds a long one anew for every call


class JSONText(Attribute[Any]):
    """JSON in one string attribute; its numbers are doubles, as most readers of JSON have it."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        return _encode(value)

    def deserialize(self, value: str) -> Any:
        return json.loads(value)


def _as_double(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_as_double).encode


class ByStatus(GlobalSecondaryIndex["Item"]):
    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    partition = UnicodeAttribute(hash_key=True, attr_name="GSI1PK")
    sort = UnicodeAttribute(range_key=True, attr_name="GSI1SK")


class Item(Model):
    """What every item has. `kind` names its class: a read gives each item as what it was written."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    kind = DiscriminatorAttribute()
    version = NumberAttribute(default=1)
    created_at = UnicodeAttribute(null=True)
    updated_at = UnicodeAttribute(null=True)
    correlation_id = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    status_partition = UnicodeAttribute(null=True, attr_name="GSI1PK")
    status_sort = UnicodeAttribute(null=True, attr_name="GSI1SK")
    due_partition = UnicodeAttribute(null=True, attr_name="GSI3PK")
    due_sort = UnicodeAttribute(null=True, attr_name="GSI3SK")
    by_status = ByStatus()

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """PynamoDB's, whose client has our settings beside those of `Meta`."""
        connection = super()._get_connection()
        session = connection.connection.session
        if session.get_default_client_config() is None:
            session.set_default_client_config(_CLIENT_CONFIG)
        return connection


class SupplierItem(Item, discriminator="SUPPLIER"):
    supplier_id = UnicodeAttribute()
    profile = JSONText()
    status = UnicodeAttribute()
    suspension_type = UnicodeAttribute(null=True)
    validation_state = UnicodeAttribute()
    issues = JSONText()
    corrections = JSONText()
    review_id = UnicodeAttribute(null=True)
    rules_version = NumberAttribute(default=0)
    judged_version = NumberAttribute(null=True)
    judged_at = UnicodeAttribute(null=True)
    history = JSONText(null=True)
    overtaken_corrections = JSONText(null=True)
    tax_identity = UnicodeAttribute()
    signing_generation = NumberAttribute(default=1)
    signing_since = NumberAttribute(default=1)
    signing_changed_at = UnicodeAttribute(null=True)


class EndpointItem(Item, discriminator="ENDPOINT"):
    supplier_id = UnicodeAttribute()
    leases: MapAttribute[str, Any] = MapAttribute(default=dict)
    failures = NumberAttribute(default=0)
    failing_since = UnicodeAttribute(null=True)
    failed_at = UnicodeAttribute(null=True)
    gone_url = UnicodeAttribute(null=True)
    counts: MapAttribute[str, Any] = MapAttribute(default=dict)


class SupplierHealthItem(Item, discriminator="SUPPLIER_HEALTH"):
    supplier_id = UnicodeAttribute()
    health = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    suspend_for = UnicodeAttribute(null=True)
    since = UnicodeAttribute(null=True)


class TaxIdentityItem(Item, discriminator="TAXID"):
    supplier_id = UnicodeAttribute()


class BrandItem(Item, discriminator="BRAND"):
    supplier_id = UnicodeAttribute()


class ApiKeyItem(Item, discriminator="KEY"):
    key_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    fingerprint = UnicodeAttribute()
    label = UnicodeAttribute(default="")
    scopes = JSONText()
    revoked_at = UnicodeAttribute(null=True)
    last_used_on = UnicodeAttribute(null=True)


class KeyringItem(Item, discriminator="KEYRING"):
    key_ids = JSONText()


class IdempotencyItem(Item, discriminator="IDEMPOTENCY"):
    request_hash = UnicodeAttribute()
    answer = JSONText()


class OfferItem(Item, discriminator="OFFER"):
    offer_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    sku = UnicodeAttribute()
    content = JSONText()
    acceptance = UnicodeAttribute()
    validation_state = UnicodeAttribute()
    withdrawn = BooleanAttribute(default=False)
    issues = JSONText()
    corrections = JSONText()
    review_id = UnicodeAttribute(null=True)
    rules_version = NumberAttribute(default=0)
    judged_version = NumberAttribute(null=True)
    judged_at = UnicodeAttribute(null=True)
    overtaken_corrections = JSONText(null=True)
    product_id = UnicodeAttribute(null=True)


class TermsItem(Item, discriminator="TERMS"):
    offer_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    sku = UnicodeAttribute()
    product_id = UnicodeAttribute(null=True)
    title = UnicodeAttribute(default="")
    gtin = UnicodeAttribute(null=True)
    price_minor = NumberAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    windows = JSONText(null=True)
    shipping_minor = NumberAttribute(null=True)
    available = NumberAttribute(default=0)
    reserved = NumberAttribute(default=0)
    sold = NumberAttribute(default=0)
    lines_accepted = NumberAttribute(default=0)
    lines_refused = NumberAttribute(default=0)
    stock_as_of = UnicodeAttribute(default="")
    on_sale = BooleanAttribute(default=False)
    blocks = JSONText()
    handling_days = NumberAttribute(default=0)
    condition = UnicodeAttribute(default="NEW")
    supplier_name = UnicodeAttribute(default="")
    supplier_health = UnicodeAttribute(null=True)
    available_from = UnicodeAttribute(null=True)
    available_until = UnicodeAttribute(null=True)
    closed_from = UnicodeAttribute(null=True)
    closed_until = UnicodeAttribute(null=True)
    fee_facts = JSONText(null=True)
    price_as_of = UnicodeAttribute(default="")


class ProductItem(Item, discriminator="PRODUCT"):
    product_id = UnicodeAttribute()
    gtin = UnicodeAttribute(null=True)
    content = JSONText()
    sources = JSONText()
    content_due = BooleanAttribute(default=False)
    offer_ids: MapAttribute[str, Any] = MapAttribute(default=dict)
    offers_view = JSONText()
    offers_later = JSONText()
    view_until = UnicodeAttribute(null=True)
    view_at = UnicodeAttribute(null=True)
    view_version = NumberAttribute(default=0)


class ListingItem(Item, discriminator="LISTING"):
    product_id = UnicodeAttribute()
    stamp = NumberAttribute()
    card = UnicodeAttribute()
    listings = JSONText()
    pending = NumberAttribute()
    free_at = UnicodeAttribute()


class EntryItem(Item, discriminator="ENTRY"):
    card = UnicodeAttribute(null=True)
    category = UnicodeAttribute()
    brand = UnicodeAttribute(null=True)
    words = UnicodeAttribute(null=True)
    opened_at = UnicodeAttribute(null=True)
    closed_at = UnicodeAttribute(null=True)


class ReviewItem(Item, discriminator="REVIEW"):
    review_id = UnicodeAttribute()
    record_kind = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    sku = UnicodeAttribute(null=True)
    record_version = NumberAttribute()
    status = UnicodeAttribute()
    issues = JSONText()
    proposed_corrections = JSONText()
    claimed_by = UnicodeAttribute(null=True)
    claimed_until = UnicodeAttribute(null=True)
    resolution = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    history = JSONText()
    notified_at = UnicodeAttribute(null=True)


class RuleSettingsItem(Item, discriminator="RULE_SETTINGS"):
    """Which version holds: `version` is its number, `updated_at` when it was set."""


class RuleSettingsVersionItem(Item, discriminator="RULE_SETTINGS_VERSION"):
    document = JSONText()
    set_by = UnicodeAttribute()
    review_id = UnicodeAttribute(null=True)
    reason = UnicodeAttribute()


class CommissionRulesItem(Item, discriminator="COMMISSION_RULES"):
    """Which version holds when; `version` is the last that was put."""

    holdings = JSONText()


class CommissionRulesVersionItem(Item, discriminator="COMMISSION_RULES_VERSION"):
    valid_from = UnicodeAttribute()
    document = JSONText()
    digest = UnicodeAttribute()
    set_by = UnicodeAttribute()
    reason = UnicodeAttribute()


class AuthorizationsItem(Item, discriminator="AUTHORIZATIONS"):
    document = JSONText()
    set_by = UnicodeAttribute()
    reason = UnicodeAttribute()


class PastCaseItem(Item, discriminator="PAST_CASE"):
    rule = UnicodeAttribute()
    field = UnicodeAttribute()
    review_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    sku = UnicodeAttribute(null=True)
    resolution = UnicodeAttribute()
    decided_at = UnicodeAttribute()
    decided_by = UnicodeAttribute()
    value = UnicodeAttribute(null=True)
    after = UnicodeAttribute(null=True)
    brand = UnicodeAttribute(default="")
    category = UnicodeAttribute(default="")


class ValidationCountsItem(Item, discriminator="VALIDATION_COUNTS"):
    day = UnicodeAttribute()
    record_kind = UnicodeAttribute()
    accepted = NumberAttribute(default=0)
    corrected = NumberAttribute(default=0)
    to_supplier = NumberAttribute(default=0)
    to_review = NumberAttribute(default=0)
    rules: MapAttribute[str, Any] = MapAttribute(default=dict)


class RuleReversalItem(Item, discriminator="RULE_REVERSAL"):
    reversal_id = UnicodeAttribute()
    rule = UnicodeAttribute()
    status = UnicodeAttribute()
    requested_by = UnicodeAttribute()
    reason = UnicodeAttribute()
    position = JSONText()
    seen = NumberAttribute(default=0)
    reversed = NumberAttribute(default=0)
    overtaken = NumberAttribute(default=0)
    failed = NumberAttribute(default=0)


class ImportItem(Item, discriminator="IMPORT"):
    import_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    object_key = UnicodeAttribute()
    status = UnicodeAttribute()
    media_type = UnicodeAttribute(null=True)
    filename = UnicodeAttribute(null=True)
    country = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)
    size = NumberAttribute(default=0)
    received_at = UnicodeAttribute(null=True)
    dialect = UnicodeAttribute(null=True)
    shape = JSONText()
    unused_columns = JSONText()
    counters = JSONText()
    position = JSONText()
    failed_rows_size = NumberAttribute(null=True)
    failure = JSONText(null=True)
    lease = UnicodeAttribute(null=True)
    lease_until = UnicodeAttribute(null=True)
    finished_at = UnicodeAttribute(null=True)


class ImportRowsItem(Item, discriminator="IMPORT_ROWS"):
    """Rows of one import that were judged together: the SKUs seen in them, and those that have issues."""

    seen = BinaryAttribute(legacy_encoding=False)
    results = BinaryAttribute(legacy_encoding=False)


class Due(GlobalSecondaryIndex["AnyItem"]):
    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    partition = UnicodeAttribute(hash_key=True, attr_name="GSI3PK")
    sort = UnicodeAttribute(range_key=True, attr_name="GSI3SK")


class AnyItem(Model):
    """An item of whatever kind, known by its key alone, as the `due` index holds it."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    touched_at = UnicodeAttribute(null=True)
    due_sort = UnicodeAttribute(null=True, attr_name="GSI3SK")
    due = Due()
