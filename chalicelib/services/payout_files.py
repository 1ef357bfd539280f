"""Files that tell the bank which payouts to make: ISO 20022 pain.001, for SEPA.

The file is stored before any payout is said to be in it, and each payout is in one file at most; so whatever
dies between leaves a file that nobody was told of. A file is given out again as it was, byte for byte.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from stdnum import iban

from chalicelib import clock, ids, settings, telemetry
from chalicelib.clients import object_store
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout
from chalicelib.problems import Conflict, FieldProblem, NotFound, Unprocessable
from chalicelib.services.commits import commit, read_and_commit
from chalicelib.services.idempotency import Outcome, replay, request_hash
from chalicelib.storage import payouts
from chalicelib.storage.payouts import PayoutFile

XML = "application/xml"
CURRENCY = "EUR"
"""SEPA knows no other; the library writes amounts with two decimals."""
SCHEMA = "pain.001.001.09"
"""The version that the European Payments Council asks for since November 2023."""
MOST_PAYOUTS = 90
"""In one file: all of them are marked in one transaction, which takes a hundred items."""


def make(body: Mapping[str, Any], *, by: str, idempotency_key: str) -> Outcome:
    """Make a file of the oldest payouts that no file tells of, and give it with those that it cannot hold.

    Raises Unprocessable where the currency is not the one of SEPA or the day is over, Conflict PAYER_NOT_SET
    without an account to pay from, NOTHING_TO_PAY where nothing is left.
    """
    file_id = ids.content_id("pof", by, idempotency_key)

    def work() -> Outcome:
        earlier = payouts.get_file(file_id)
        if earlier is not None:
            return replay(view(earlier), is_same=earlier.request_hash == request_hash(body))
        execution_date = _checked(body)
        found = payouts.without_file(CURRENCY, to_iban=True, limit=MOST_PAYOUTS)
        fitting = [payout for payout in found if _is_iban(payout.account)]
        if not fitting:
            raise Conflict("NOTHING_TO_PAY", "No payout to an IBAN is left that no file tells of.")
        written = _written(fitting, execution_date)
        digest = hashlib.sha256(written).hexdigest()
        object_store.put(_key(file_id, digest), written, media_type=XML)
        file = PayoutFile(
            file_id=file_id,
            currency=CURRENCY,
            minor=sum(payout.minor for payout in fitting),
            payout_ids=tuple(payout.payout_id for payout in fitting),
            execution_date=body["execution_date"],
            made_by=by,
            request_hash=request_hash(body),
            digest=digest,
            created_at=clock.timestamp(),
        )
        commit(*payouts.adding_file(file, fitting))
        telemetry.log("PAYOUT_FILE_MADE", file_id=file_id, payouts=len(fitting))
        others = payouts.without_file(CURRENCY, to_iban=False, limit=MOST_PAYOUTS)
        left_out = [payout for payout in (*found, *others) if payout not in fitting]
        return Outcome(view(file) | {"left_out": [payout.payout_id for payout in left_out]})

    return read_and_commit(work)


def read(file_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return view(_existing(file_id))


def content(file_id: str) -> str:
    """The file itself. Raises NotFound."""
    return object_store.read(_key(file_id, _existing(file_id).digest)).decode()


def view(file: PayoutFile) -> dict[str, Any]:
    return {
        "file_id": file.file_id,
        "format": SCHEMA,
        "payout_count": len(file.payout_ids),
        "amount": Money(file.minor, file.currency).as_json(),
        "payout_ids": list(file.payout_ids),
        "execution_date": file.execution_date,
        "made_by": file.made_by,
        "created_at": file.created_at,
    }


def _checked(body: Mapping[str, Any]) -> date:
    if body["currency"] != CURRENCY:
        raise _invalid("currency", "UNSUPPORTED_CURRENCY", f"A file is made for {CURRENCY} only.")
    execution_date = date.fromisoformat(body["execution_date"])
    if execution_date < clock.now().date():
        raise _invalid("execution_date", "INVALID_VALUE", "Name a day that is not over.")
    if not {"name", "IBAN"} <= settings.payer().keys():
        raise Conflict("PAYER_NOT_SET", "Set PAYER_NAME and PAYER_IBAN, the account to pay from.")
    return execution_date


def _written(fitting: Sequence[Payout], execution_date: date) -> bytes:
    import sepaxml  # here, as few calls need it: it loads a validator of XML schemas

    document = sepaxml.SepaTransfer(
        {**settings.payer(), "currency": CURRENCY, "batch": True}, schema=SCHEMA, clean=True
    )
    for payout in fitting:
        document.add_payment(
            {
                "name": _in_latin(payout.payee) or payout.supplier_id,
                "IBAN": iban.compact(str(payout.account["iban"])),
                "amount": payout.minor,
                "execution_date": execution_date,
                "description": f"Statement {payout.period} {payout.payout_id}",
                "endtoend_id": payout.payout_id,
            }
        )
    written: bytes = document.export(validate=True)
    return written


def _existing(file_id: str) -> PayoutFile:
    file = payouts.get_file(file_id)
    if file is None:
        raise NotFound
    return file


def _is_iban(account: Mapping[str, Any]) -> bool:
    """A person may have let one pass that is none; the bank would refuse the whole file."""
    return bool(iban.is_valid(str(account.get("iban"))))


def _in_latin(name: str) -> str:
    """What banks can write of it: the letters of SEPA, which the library makes of all others."""
    from text_unidecode import unidecode

    return " ".join("".join(each for each in unidecode(name) if each.isprintable()).split())


def _key(file_id: str, digest: str) -> str:
    """By its content, too: of two requests under one key only one is told which it was."""
    return f"payout-files/{file_id}-{digest}.xml"


def _invalid(field: str, code: str, detail: str) -> Unprocessable:
    return Unprocessable("INVALID_BODY", detail, errors=[FieldProblem(f"/{field}", code, detail)])
