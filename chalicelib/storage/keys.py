"""Every key pattern of the table, and with it every access pattern. None scans.

Base table: `PK`, `SK`. Indexes: `by_status` (GSI1, everything projected), `due` (GSI3, keys only, sparse: an
item is in it only while something must happen to it).

| access | how | cost |
|---|---|---|
| supplier, offer, terms, product, review, key by id; a supplier's keyring | get | one read |
| up to 100 of them | batch get | one round trip |
| an order with everything under it | query `ORDER#id` | one round trip |
| is this tax identity, brand, idempotency key taken | conditional put of its own item | in the transaction |
| suppliers, reviews, offers of a supplier by state | query `by_status` | a page, one round trip |
| supplier orders of a supplier, newest last | query `by_status` | a page, one round trip |
| which of a supplier's orders are to be shipped | query `due`, sparse | one round trip |
| which wait for its answer | query `by_status` from some days ago | the supplier's orders of them |
| which wait too long for a payment, an answer | query `due`, `DUE_SHARDS` partitions | one round trip each |
| a supplier's endpoint and its health, one or both | batch get, with what else is read | no round trip more |
| suppliers whose health to look at | query `due`, one of `DUE_SHARDS` partitions | one round trip each |
| which orders and returns time moves on | query `due`, `DUE_SHARDS` partitions | one round trip each |
| a supplier's orders that should have left | query `due` | one round trip |
| a return, a refund; returns of a supplier, oldest first | get; query `by_status` | a page, one round trip |
| which answers wait for an administrator | query `due`, sparse; batch get | a page, two round trips |
| a storefront; all of them; the orders it sent that were refused | get; query | a page, one round trip |
| a posting; a supplier's postings of a time | get; query `LEDGER#supplier` | a page, one round trip |
| what was posted because of an order, oldest first | query `by_status` | a page, one round trip |
| a supplier's balance | get, query `LEDGER#supplier` from the last closing on | one round trip per MB |
| statements of a supplier, newest first, or of a period | query `LEDGER#supplier` | a page, one round trip |
| the last run that held the ledger against the orders | query `RECONCILIATIONS` | one round trip |
| what it has looked at and found | query `RECONCILIATION#id` | one round trip per MB; a page |
| all of a supplier's orders, with their whole orders | query `by_status`, batch get | per MB, per 100 |
| the run that closes a period; whom it has come to | get; query `CLOSING#period` | one round trip per MB |
| a payout, a file for the bank, a supplier's payout terms | get | one read |
| payouts by status, oldest first | query `by_status` | a page, one round trip |
| keys of a supplier | query `by_status` | one round trip |
| who has webhooks; the webhooks of an owner | get; query `by_status` | one round trip each |
| the next deliveries of a webhook about one record | query their row | one round trip |
| deliveries of a webhook, newest first | query `by_status`, one status or each | a round trip a status |
| the current rule settings | get; their document, which never changes, once per process | one read |
| the commission rules that hold | get, or with what is placed; documents once per process | one read |
| versions of the commission rules, newest first | query `RULES` | a page, one round trip |
| who may sell restricted categories and brands | get | one read |
| suppliers in order of registration, moving or not | query `by_status`, each status | a round trip each |
| undoings of a rule's corrections, newest first | query `by_status` | a page, one round trip |
| versions of the rule settings, newest first | query `RULES` | a page, one round trip |
| what people decided on doubts of one rule, newest first | query `CASES#rule` | a page, one round trip |
| validations of the last days, counted | batch get, one item a day and kind | one round trip |
| an import; imports of a supplier, newest first | get; query `by_status` | a page, one round trip |
| an import's rows with issues, the SKUs it has seen | query `IMPORT#id` | one round trip per MB |
| cards of a category, a brand, or all, by age or price | query their `LIST#…` | a page, one round trip |
| products that have a word, by relevance | query `LIST#WORD#…`, batch get `LISTING#…` | two round trips |
| records that wait for validation | query `due`, one of `DUE_SHARDS` partitions | one round trip each |
| products whose view time has changed | query `due`, one of `DUE_SHARDS` partitions | one round trip each |
"""

import zlib
from typing import NamedTuple

DUE_SHARDS = 8
"""An index partition takes 1,000 writes a second, and a slower index holds the table up: so spread them."""


class Key(NamedTuple):
    pk: str
    sk: str


def supplier(supplier_id: str) -> Key:
    return Key(f"SUPPLIER#{supplier_id}", "PROFILE")


def tax_identity(identity: str) -> Key:
    """`identity` is `<country>#<number>` as `services` normalised it."""
    return Key(f"TAXID#{identity}", "TAXID")


def api_key(key_id: str) -> Key:
    return Key(f"KEY#{key_id}", "KEY")


def keyring(supplier_id: str) -> Key:
    return Key(f"SUPPLIER#{supplier_id}", "KEYRING")


def endpoint(supplier_id: str) -> Key:
    """Its order API: apart from the supplier, since it is written at every call."""
    return Key(f"ENDPOINT#{supplier_id}", "ENDPOINT")


def supplier_health(supplier_id: str) -> Key:
    return Key(f"ENDPOINT#{supplier_id}", "HEALTH")


def brand(name: str) -> Key:
    """`name` is the normalised brand name."""
    return Key(f"BRAND#{name}", "BRAND")


def offer(supplier_id: str, sku: str) -> Key:
    return Key(f"SUPPLIER#{supplier_id}", f"OFFER#{sku}")


def terms(offer_id: str) -> Key:
    return Key(f"TERMS#{offer_id}", "TERMS")


def product(product_id: str) -> Key:
    return Key(f"PRODUCT#{product_id}", "PRODUCT")


def listing(product_id: str) -> Key:
    """Where in the catalogue's lists the product stands."""
    return Key(f"LISTING#{product_id}", "LISTING")


def catalogue_list(name: str) -> str:
    """The partition of a list in one of its orders; `domain.catalogue` names them."""
    return f"LIST#{name}"


def catalogue_entry(name: str, sort: str) -> Key:
    return Key(catalogue_list(name), sort)


def review(review_id: str) -> Key:
    return Key(f"REVIEW#{review_id}", "REVIEW")


def past_case(rule: str, decided_at: str, review_id: str) -> Key:
    return Key(f"CASES#{rule}", f"{decided_at}#{review_id}")


def validation_counts(day: str, kind: str) -> Key:
    """One item a day and kind, written once a batch: it takes 1,000 batches a second."""
    return Key(f"METRICS#{day}", f"VALIDATIONS#{kind}")


def order(order_id: str) -> Key:
    return Key(f"ORDER#{order_id}", "ORDER")


def buyer(order_id: str) -> Key:
    return Key(f"ORDER#{order_id}", "BUYER")


def supplier_order(order_id: str, number: int) -> Key:
    return Key(f"ORDER#{order_id}", f"SO#{number}")


def shipment(order_id: str, shipment_id: str) -> Key:
    return Key(f"ORDER#{order_id}", f"SHIPMENT#{shipment_id}")


def return_(order_id: str, return_id: str) -> Key:
    return Key(f"ORDER#{order_id}", f"RETURN#{return_id}")


def refund(order_id: str, refund_id: str) -> Key:
    return Key(f"ORDER#{order_id}", f"REFUND#{refund_id}")


def posting(supplier_id: str, posting_id: str) -> Key:
    """In the supplier's ledger; "" gives the partition. Ids of postings sort by time."""
    return Key(f"LEDGER#{supplier_id}", posting_id)


def standing(supplier_id: str) -> Key:
    """What stood in the supplier's ledger when a period was last closed."""
    return Key(f"LEDGER#{supplier_id}", "STANDING")


def taken_back(supplier_id: str, posting_id: str) -> Key:
    """How much of a charge was taken back."""
    return Key(f"LEDGER#{supplier_id}", f"TAKEN_BACK#{posting_id}")


def postings_of_order(order_id: str) -> str:
    """Those of all its suppliers."""
    return f"ORDER#{order_id}#POSTINGS"


def statement(supplier_id: str, period: str | None = None, currency: str | None = None) -> Key:
    """In the supplier's ledger; without a currency, or a period, what the sort keys of all begin with."""
    parts = [part for part in (period, currency) if part is not None]
    sort = "#".join(["STATEMENT", *parts])
    return Key(f"LEDGER#{supplier_id}", sort if currency else f"{sort}#")


def closing(period: str) -> Key:
    """The run that closes the period for all suppliers."""
    return Key(f"CLOSING#{period}", "RUN")


def reconciliation(reconciliation_id: str) -> Key:
    """A run that holds the ledger against the orders; its id sorts by time. "" gives the partition of all."""
    return Key("RECONCILIATIONS", reconciliation_id)


def reconciled(reconciliation_id: str, supplier_id: str) -> Key:
    """What the run has looked at of the supplier; "" gives what the sort keys of all begin with."""
    return Key(f"RECONCILIATION#{reconciliation_id}", f"SUPPLIER#{supplier_id}")


def difference(reconciliation_id: str, supplier_id: str = "", number: int | None = None) -> Key:
    """What it has found wrong; without a supplier, what the sort keys of all begin with."""
    sort = "DIFFERENCE#" if number is None else f"DIFFERENCE#{supplier_id}#{number:03}"
    return Key(f"RECONCILIATION#{reconciliation_id}", sort)


def closing_receipt(period: str, supplier_id: str) -> Key:
    """That the run has come to the supplier; "" gives what the sort keys of all begin with."""
    return Key(f"CLOSING#{period}", f"SUPPLIER#{supplier_id}")


def payout(payout_id: str) -> Key:
    return Key(f"PAYOUT#{payout_id}", "PAYOUT")


def payouts_by_status(status: str) -> str:
    return f"PAYOUTS#{status}"


def payout_terms(supplier_id: str) -> Key:
    return Key(f"SUPPLIER#{supplier_id}", "PAYOUT_TERMS")


def payout_file(file_id: str) -> Key:
    return Key(f"PAYOUTFILE#{file_id}", "FILE")


def channel(shop: str) -> Key:
    """A storefront that sends orders; "" gives the partition of all."""
    return Key("CHANNELS#SHOPIFY", shop)


def refused_order(shop: str, order: str) -> Key:
    return Key(f"CHANNEL#SHOPIFY#{shop}", f"REFUSED#{order}")


def rule_settings() -> Key:
    """Which version of the validation rules' settings holds."""
    return Key("RULES", "VALIDATION")


def rule_settings_version(version: int | None) -> Key:
    """One version of them; None gives what the sort keys of all begin with."""
    return Key("RULES", "VALIDATION#" + ("" if version is None else f"{version:08}"))


def commission_rules() -> Key:
    """Which version of the commission rules holds when."""
    return Key("RULES", "COMMISSION")


def commission_rules_version(version: int | None) -> Key:
    """One version of them; None gives what the sort keys of all begin with."""
    return Key("RULES", "COMMISSION#" + ("" if version is None else f"{version:08}"))


def authorizations() -> Key:
    """Who may sell restricted categories and brands: the version that holds."""
    return Key("AUTHORIZATIONS", "CURRENT")


def authorizations_version(version: int) -> Key:
    """One version of it, kept."""
    return Key("AUTHORIZATIONS", f"VERSION#{version:08}")


def import_(import_id: str) -> Key:
    return Key(f"IMPORT#{import_id}", "IMPORT")


def import_rows(import_id: str, row: int | None, part: int = 0) -> Key:
    """Rows of an import judged together, `row` the first; None gives what all sort keys begin with."""
    return Key(f"IMPORT#{import_id}", "ROWS#" + ("" if row is None else f"{row:09}#{part:03}"))


def imports_of_supplier(supplier_id: str) -> str:
    return f"SUPPLIER#{supplier_id}#IMPORTS"


def rule_reversal(reversal_id: str) -> Key:
    return Key(f"REVERSAL#{reversal_id}", "REVERSAL")


def idempotency(digest: str) -> Key:
    return Key(f"IDEMPOTENCY#{digest}", "RECORD")


def suppliers_by_status(status: str) -> str:
    return f"SUPPLIERS#{status}"


def reviews_by_state(waiting: bool) -> str:
    return "REVIEWS#WAITING" if waiting else "REVIEWS#RESOLVED"


def offers_of_supplier(supplier_id: str, acceptance: str) -> str:
    return f"SUPPLIER#{supplier_id}#OFFERS#{acceptance}"


def orders_of_supplier(supplier_id: str) -> str:
    return f"SUPPLIER#{supplier_id}#ORDERS"


def orders_to_ship(supplier_id: str) -> str:
    """In the index of what must happen, while an order is accepted and not all shipped. One that waits for an
    answer is not in it: placing would cost a unit more, and its time is short."""
    return f"SUPPLIER#{supplier_id}#TO_SHIP"


def deliveries_due(supplier_order_id: str) -> str:
    """The shard of the index of supplier orders, shipped or received, that time moves on."""
    return deliveries_due_shard(_shard(supplier_order_id))


def deliveries_due_shard(shard: int) -> str:
    return f"DELIVERIES#{shard}"


def returns_of_supplier(supplier_id: str) -> str:
    return f"SUPPLIER#{supplier_id}#RETURNS"


def returns_due(return_id: str) -> str:
    """The shard of the index of returns that time moves on."""
    return returns_due_shard(_shard(return_id))


def returns_due_shard(shard: int) -> str:
    return f"RETURNS#{shard}"


def payments_due(supplier_order_id: str) -> str:
    """The shard of the index of supplier orders held for a payment that this one belongs to."""
    return payments_due_shard(_shard(supplier_order_id))


def payments_due_shard(shard: int) -> str:
    return f"PAYMENTS#{shard}"


def answers_due(supplier_order_id: str) -> str:
    """The shard of the index of supplier orders that were sent and wait for an answer."""
    return answers_due_shard(_shard(supplier_order_id))


def answers_due_shard(shard: int) -> str:
    return f"ANSWERS#{shard}"


def settlements_due() -> str:
    """In the index of what must happen, while the answer to a supplier order waits for an administrator. They
    are few: one partition lists them in order."""
    return "SETTLEMENTS"


def reversals_of_rule(rule: str) -> str:
    return f"RULE#{rule}#REVERSALS"


def keys_of_supplier(supplier_id: str) -> str:
    return f"SUPPLIER#{supplier_id}#KEYS"


def validations_due(pk: str, sk: str) -> str:
    """The shard of the pending-validation index that the record at `pk`, `sk` belongs to."""
    return validations_due_shard(_shard(f"{pk}|{sk}"))


def validations_due_shard(shard: int) -> str:
    return f"VALIDATION#{shard}"


def views_due(product_id: str) -> str:
    """The shard of the index of views that time changes which the product belongs to."""
    return views_due_shard(_shard(product_id))


def views_due_shard(shard: int) -> str:
    return f"VIEW#{shard}"


def health_due(supplier_id: str) -> str:
    """The shard of the index of suppliers whose health is to be looked at again."""
    return health_due_shard(_shard(supplier_id))


def health_due_shard(shard: int) -> str:
    return f"HEALTH#{shard}"


def webhook(webhook_id: str) -> Key:
    return Key(f"WEBHOOK#{webhook_id}", "WEBHOOK")


def webhook_owners() -> Key:
    """One small item; the stream's reader reads it once a batch that tells of something."""
    return Key("WEBHOOKS", "OWNERS")


def webhooks_of(owner: str) -> str:
    return f"WEBHOOKS#{owner}"


def delivery(webhook_id: str, aggregate: str, sequence: str) -> Key:
    """In the row of what a webhook is told about one record."""
    return Key(f"WEBHOOK#{webhook_id}#{aggregate}", f"DELIVERY#{sequence}")


def delivery_place(webhook_id: str, aggregate: str) -> Key:
    return Key(f"WEBHOOK#{webhook_id}#{aggregate}", "PLACE")


def aggregate(key: Key) -> str:
    """What hears of itself in order: an order with everything under it, else the item alone."""
    return key.pk if key.pk.startswith("ORDER#") else f"{key.pk}|{key.sk}"


def deliveries_of(webhook_id: str, status: str) -> str:
    return f"WEBHOOK#{webhook_id}#DELIVERIES#{status}"


def _shard(subject: str) -> int:
    return zlib.crc32(subject.encode()) % DUE_SHARDS
