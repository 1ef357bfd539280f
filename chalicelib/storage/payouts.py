"""Payouts, the files that tell the bank of them, and the terms that suppliers are paid on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.domain.payouts import TO_PAY, Payout, PayoutTerms
from chalicelib.storage import keys, pages, reads
from chalicelib.storage.items import Item, JSONText
from chalicelib.storage.transaction import Write


class PayoutItem(Item, discriminator="PAYOUT"):
    payout_id = UnicodeAttribute()
    supplier_id = UnicodeAttribute()
    period = UnicodeAttribute()
    currency = UnicodeAttribute()
    minor = NumberAttribute()
    payee = UnicodeAttribute()
    account = JSONText()
    posting_id = UnicodeAttribute()
    status = UnicodeAttribute()
    file_id = UnicodeAttribute(null=True)
    bank_reference = UnicodeAttribute(null=True)
    executed_on = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    settled_by = UnicodeAttribute(null=True)


class PayoutTermsItem(Item, discriminator="PAYOUT_TERMS"):
    supplier_id = UnicodeAttribute()
    terms = JSONText()


class PayoutFileItem(Item, discriminator="PAYOUT_FILE"):
    file_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    minor = NumberAttribute()
    payout_ids = JSONText()
    execution_date = UnicodeAttribute()
    made_by = UnicodeAttribute()
    request_hash = UnicodeAttribute()
    content = UnicodeAttribute()


@dataclass(frozen=True)
class PayoutFile:
    """A file for the bank: which payouts are in it, what they come to, when they are to be made; `content` is
    the file itself."""

    file_id: str
    currency: str
    minor: int
    payout_ids: tuple[str, ...]
    execution_date: str
    made_by: str
    request_hash: str
    content: str
    created_at: str = ""


def get(payout_id: str) -> Payout | None:
    item = reads.get_one(keys.payout(payout_id))
    return from_item(item) if isinstance(item, PayoutItem) else None


def get_many(payout_ids: Iterable[str]) -> dict[str, Payout]:
    """Those that exist, by id."""
    found = reads.get_many(map(keys.payout, payout_ids)).values()
    return {item.payout_id: from_item(item) for item in found if isinstance(item, PayoutItem)}


def page(status: str, *, limit: int, cursor: str | None, **more: Any) -> pages.Page[Payout]:
    """Payouts in this status, oldest first. Raises BadCursor."""
    partition = keys.payouts_by_status(status)
    return reads.page_by_status(partition, from_item, limit=limit, cursor=cursor, **more)


def without_file(currency: str) -> Iterator[Payout]:
    """Payouts to make in this currency that no file tells of, oldest first; read a MB at a time."""
    wanted = (PayoutItem.currency == currency) & PayoutItem.file_id.does_not_exist()
    found = Item.by_status.query(keys.payouts_by_status(TO_PAY), filter_condition=wanted)
    return map(from_item, found)


def adding(payout: Payout) -> Write:
    """Once: its id stands for supplier, period and currency. Label `payout`."""
    return Write("payout", _to_item(payout), PayoutItem.pk.does_not_exist())


def replacing(payout: Payout, *, expected_version: int) -> Write:
    """Write it if it still has `expected_version`; the stored version is one higher. Label `payout`."""
    item = _to_item(replace(payout, version=expected_version + 1))
    return Write("payout", item, PayoutItem.version == expected_version)


def get_terms(supplier_id: str) -> PayoutTerms:
    """The supplier's own terms, version 0 where none were set."""
    item = reads.get_one(keys.payout_terms(supplier_id))
    if not isinstance(item, PayoutTermsItem):
        return PayoutTerms(supplier_id)
    return PayoutTerms(**{**item.terms, "version": int(item.version), "updated_at": item.updated_at or ""})


def setting_terms(terms: PayoutTerms, *, expected_version: int) -> Write:
    """Set them where they still have `expected_version`; the stored version is one higher.
    Label `payout_terms`."""
    content = {name: value for name, value in asdict(terms).items() if name not in ("version", "updated_at")}
    item = PayoutTermsItem(
        *keys.payout_terms(terms.supplier_id),
        supplier_id=terms.supplier_id,
        terms=content,
        version=expected_version + 1,
        created_at=terms.updated_at,
        updated_at=terms.updated_at,
    )
    is_first = PayoutTermsItem.pk.does_not_exist()
    return Write(
        "payout_terms", item, PayoutTermsItem.version == expected_version if expected_version else is_first
    )


def get_file(file_id: str) -> PayoutFile | None:
    item = reads.get_one(keys.payout_file(file_id))
    if not isinstance(item, PayoutFileItem):
        return None
    return PayoutFile(
        item.file_id,
        item.currency,
        int(item.minor),
        tuple(item.payout_ids),
        item.execution_date,
        item.made_by,
        item.request_hash,
        item.content,
        item.created_at or "",
    )


def adding_file(file: PayoutFile, payouts: Sequence[Payout]) -> list[Write]:
    """The file, and in each of its payouts that it tells of it: only where no other does. Labels
    `payout_file`, `payout`."""
    item = PayoutFileItem(
        *keys.payout_file(file.file_id),
        file_id=file.file_id,
        currency=file.currency,
        minor=file.minor,
        payout_ids=list(file.payout_ids),
        execution_date=file.execution_date,
        made_by=file.made_by,
        request_hash=file.request_hash,
        content=file.content,
        created_at=file.created_at,
        updated_at=file.created_at,
    )
    told = [
        replacing(
            replace(payout, file_id=file.file_id, updated_at=file.created_at), expected_version=payout.version
        )
        for payout in payouts
    ]
    return [Write("payout_file", item, PayoutFileItem.pk.does_not_exist()), *told]


def _to_item(payout: Payout) -> PayoutItem:
    return PayoutItem(
        *keys.payout(payout.payout_id),
        status_partition=keys.payouts_by_status(payout.status),
        status_sort=f"{payout.created_at}#{payout.payout_id}",
        **{**asdict(payout), "account": dict(payout.account)},
    )


def from_item(item: Any) -> Payout:
    """The payout that a table item holds."""
    return Payout(
        payout_id=item.payout_id,
        supplier_id=item.supplier_id,
        period=item.period,
        currency=item.currency,
        minor=int(item.minor),
        payee=item.payee,
        account=item.account,
        posting_id=item.posting_id,
        status=item.status,
        file_id=item.file_id,
        bank_reference=item.bank_reference,
        executed_on=item.executed_on,
        reason=item.reason,
        settled_by=item.settled_by,
        version=int(item.version),
        correlation_id=item.correlation_id or "",
        created_at=item.created_at or "",
        updated_at=item.updated_at or "",
    )
