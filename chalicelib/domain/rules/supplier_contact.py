"""Checks of how the supplier can be reached, and whether web site and e-mail belong to it."""

from collections.abc import Iterator

from chalicelib.domain import pointers
from chalicelib.domain.rules import countries, hosts, phones
from chalicelib.domain.rules.facts import NO_NETWORK, UNREACHABLE, SupplierFacts
from chalicelib.domain.rules.kinds import WARNING, CheckRule, Place, Record, at, check

STEP = "supplier_contact"


@check(
    "email.invalid",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This is no e-mail address.",
    expected="an address such as orders@your-company.com",
)
def email_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """RFC 5321 and 6531, by email-validator: an address that mail servers take, without quotes or a name."""
    if email_host(record) is None:
        yield at("/contact/email")


@check(
    "phone.invalid",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This is no phone number of the supplier's country. Send it in international form.",
    expected="an E.164 number such as +4930901820",
)
def phone_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """ITU-T E.164 and each country's numbering plan, by libphonenumber."""
    value = pointers.find(record, "/contact/phone")
    if isinstance(value, str) and phones.number_of(value, str(record.get("country"))) is None:
        yield at("/contact/phone")


@check(
    "phone.other_country",
    step=STEP,
    severity=WARNING,
    code="CONFLICT",
    message="The phone number belongs to another country than the company.",
    expected="a number of the supplier's country",
)
def phone_other_country(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """House rule: a mistyped country code is a valid number of somebody else."""
    value, country = pointers.find(record, "/contact/phone"), str(record.get("country"))
    if isinstance(value, str) and countries.is_code(country):
        number = phones.number_of(value, country)
        if number is not None and not phones.may_be_of(number, country):
            yield at("/contact/phone")


@check(
    "website.invalid",
    step=STEP,
    code="INVALID_ATTRIBUTE",
    message="This is no address of a web site.",
    expected="a URL that begins with https://",
)
def website_invalid(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """RFC 3986 and 5890: an http(s) URL with a host that the DNS can hold."""
    if website_host(record) is None:
        yield at("/website")


@check(
    "website.unresolved",
    step=STEP,
    code="UNREACHABLE_ENDPOINT",
    message="The web site's host name is not known in the DNS. Check its spelling, or register it.",
    expected="a host name that resolves",
)
def website_unresolved(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """RFC 1034: the host of a web site is in the DNS."""
    if facts.website == UNREACHABLE:
        yield at("/website")


@check(
    "email.unresolved",
    step=STEP,
    code="UNREACHABLE_ENDPOINT",
    message="No mail can reach this address: its host name is not known in the DNS.",
    expected="an address whose host name resolves",
)
def email_unresolved(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """RFC 5321, section 5: mail goes to a domain's MX, or else to its address."""
    if facts.email == UNREACHABLE:
        yield at("/contact/email")


@check(
    "host.not_checked",
    step=STEP,
    severity=WARNING,
    code="UNREACHABLE_ENDPOINT",
    message="The host name could not be looked up from here, so it was not checked.",
)
def host_not_checked(_record: Record, facts: SupplierFacts) -> Iterator[Place]:
    """House rule: where the network is missing, that is said."""
    for field, outcome in (("/website", facts.website), ("/contact/email", facts.email)):
        if outcome == NO_NETWORK:
            yield at(field)


@check(
    "email.other_domain",
    step=STEP,
    code="CONFLICT",
    message="The e-mail address does not belong to the web site's domain. Send an address of the company's "
    "own domain, or explain the two domains to the administrator.",
    expected="an address of the web site's domain",
)
def email_other_domain(record: Record, _facts: SupplierFacts) -> Iterator[Place]:
    """Amazon and Mirakl operators, seller onboarding: who writes for a company has an address there."""
    email, website = email_host(record), website_host(record)
    if email is None or website is None or hosts.is_address(website):
        return
    if email in hosts.FREE_MAIL or not hosts.same_owner(email, website):
        yield at("/contact/email")


def email_host(record: Record) -> str | None:
    """The host of the contact's e-mail address, or None where that is not well-formed."""
    value = pointers.find(record, "/contact/email")
    return hosts.of_email(value) if isinstance(value, str) else None


def website_host(record: Record) -> str | None:
    """The host of the web site, or None where that is not well-formed."""
    value = record.get("website")
    return hosts.of_url(value) if isinstance(value, str) else None


CONTACT_CHECKS: tuple[CheckRule[SupplierFacts], ...] = (
    email_invalid,
    phone_invalid,
    phone_other_country,
    website_invalid,
    website_unresolved,
    email_unresolved,
    host_not_checked,
    email_other_domain,
)
