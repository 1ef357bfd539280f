"""Phone numbers by the numbering plans of all countries."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def number_of(value: str, country: str) -> "PhoneNumber | None":
    """The valid number that the text is when it is dialled in `country` (ISO 3166), or None."""
    import phonenumbers

    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def e164(number: "PhoneNumber") -> str:
    """The number in international form, without its extension."""
    import phonenumbers

    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def may_be_of(number: "PhoneNumber", country: str) -> bool:
    """Whether the number's country code is the country's; several countries share one."""
    import phonenumbers

    return country in phonenumbers.region_codes_for_country_code(number.country_code or 0)
