"""Files that tell the bank which payouts to make: ISO 20022 pain.001, for SEPA.

The file and the marks on its payouts are one transaction, and each payout is in one file at most, so the bank
is told of it once. A file is given out again as it was, byte for byte.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree

from chalicelib import clock, ids, settings, telemetry
from chalicelib.domain.money import Money
from chalicelib.domain.payouts import Payout
from chalicelib.domain.rules import accounts
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


_SPACE = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
_NOT_IN_SEPA = re.compile(r"[^A-Za-z0-9/?:().,'+ -]+")
_LONGEST_NAME = 70


def make(body: Mapping[str, Any], *, by: str, idempotency_key: str) -> Outcome:
    """Make a file of the oldest payouts that no file tells of, and give it with those that it met and cannot
    hold, being to no valid IBAN.

    Raises Unprocessable where the currency is not the one of SEPA or the day is over, Conflict PAYER_NOT_SET
    without a valid account to pay from, NOTHING_TO_PAY where nothing is left.
    """
    file_id = ids.content_id("pof", by, idempotency_key)

    def work() -> Outcome:
        earlier = payouts.get_file(file_id)
        if earlier is not None:
            return replay(view(earlier), is_same=earlier.request_hash == request_hash(body))
        execution_date = _checked(body)
        fitting, left_out = _sorted_out()
        if not fitting:
            raise Conflict("NOTHING_TO_PAY", "No payout to an IBAN is left that no file tells of.")
        file = PayoutFile(
            file_id=file_id,
            currency=CURRENCY,
            minor=sum(payout.minor for payout in fitting),
            payout_ids=tuple(payout.payout_id for payout in fitting),
            execution_date=body["execution_date"],
            made_by=by,
            request_hash=request_hash(body),
            content=_written(fitting, execution_date),
            created_at=clock.timestamp(),
        )
        commit(*payouts.adding_file(file, fitting))
        telemetry.log("PAYOUT_FILE_MADE", file_id=file_id, payouts=len(fitting))
        return Outcome(view(file) | {"left_out": [payout.payout_id for payout in left_out]})

    return read_and_commit(work)


def read(file_id: str) -> dict[str, Any]:
    """Raises NotFound."""
    return view(_existing(file_id))


def content(file_id: str) -> str:
    """The file itself. Raises NotFound."""
    return _existing(file_id).content


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
    payer = settings.payer()
    if not _in_sepa(payer.get("name", "")) or not accounts.iban_is_valid(payer.get("IBAN", "")):
        raise Conflict("PAYER_NOT_SET", "Set PAYER_NAME and PAYER_IBAN, a valid account to pay from.")
    if "BIC" in payer and not accounts.bic_is_valid(payer["BIC"]):
        raise Conflict("PAYER_NOT_SET", "PAYER_BIC is no BIC; it may be left out.")
    return execution_date


def _sorted_out() -> tuple[list[Payout], list[Payout]]:
    """What a file can hold of what is to be told, and what was met on the way that it cannot."""
    fitting, left_out = list[Payout](), list[Payout]()
    # A person may have let an IBAN pass that is none; the bank would refuse the whole file.
    for payout in payouts.without_file(CURRENCY):
        fits = accounts.iban_is_valid(str(payout.account.get("iban", "")))
        (fitting if fits else left_out).append(payout)
        if len(fitting) == MOST_PAYOUTS:
            break
    return fitting, left_out


def _written(fitting: Sequence[Payout], execution_date: date) -> str:
    import sepaxml  # here, as few calls need it: it loads a validator of XML schemas

    payer = settings.payer()
    about = {**payer, "name": _in_sepa(payer["name"]), "currency": CURRENCY, "batch": True}
    document = sepaxml.SepaTransfer(about, schema=SCHEMA, clean=True)
    for payout in fitting:
        document.add_payment(
            {
                "name": _in_sepa(payout.payee) or _in_sepa(payout.supplier_id),
                "IBAN": accounts.compact_iban(payout.account["iban"]),
                "amount": payout.minor,
                "execution_date": execution_date,
                "description": f"Statement {payout.period} {reference(payout)}",
                "endtoend_id": reference(payout),
            }
        )
    written = _naming_agents(document.export(validate=False))
    sepaxml.validation.try_valid_xml(written, SCHEMA)
    return written.decode()


def reference(payout: Payout) -> str:
    """How the bank's files name the payout (EndToEndId): its id, with the hyphen that SEPA has for `_`."""
    return payout.payout_id.replace("_", "-")


def _in_sepa(text: str) -> str:
    """The text in the characters that every bank in SEPA takes, as EPC217-08 lists them; "" where none is."""
    from text_unidecode import unidecode  # sepaxml's own; it leaves signs that are not in the list

    plain = _NOT_IN_SEPA.sub(" ", unidecode(text).replace("&", "+"))
    return " ".join(plain.split())[:_LONGEST_NAME].strip(" -/")


def _naming_agents(written: bytes) -> bytes:
    """Say of a bank without a BIC that none is given: sepaxml leaves the element empty, which banks refuse
    (https://github.com/raphaelm/python-sepaxml/issues/61)."""
    root = ElementTree.fromstring(written)  # noqa: S314 - it was written a moment ago, here
    for agent in root.iter(f"{_SPACE}FinInstnId"):
        if not len(agent):
            other = ElementTree.SubElement(agent, f"{_SPACE}Othr")
            ElementTree.SubElement(other, f"{_SPACE}Id").text = "NOTPROVIDED"
    named: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return named


def _existing(file_id: str) -> PayoutFile:
    file = payouts.get_file(file_id)
    if file is None:
        raise NotFound
    return file


def _invalid(field: str, code: str, detail: str) -> Unprocessable:
    return Unprocessable("INVALID_BODY", detail, errors=[FieldProblem(f"/{field}", code, detail)])
