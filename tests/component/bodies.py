"""Bodies that the API accepts, with defaults."""

from typing import Any


def a_registration(**fields: Any) -> dict[str, Any]:
    return {
        "legal_name": "North Goods GmbH",
        "display_name": "North Goods",
        "brands": [{"name": "Northern", "owned": True}],
        "tax_id": "DE 136 695 976",
        "country": "DE",
        "website": "https://north.example",
        "contact": {"name": "Nora North", "email": "nora@north.example", "phone": "+49 30 1234567"},
        "address": {"line1": "Nordweg 1", "city": "Kiel", "postal_code": "24103", "country": "DE"},
        "accepts_image_standard": True,
        "order_api": {"url": "https://north.example/orders"},
        **fields,
    }


def an_offer_body(**fields: Any) -> dict[str, Any]:
    return {
        "gtin": "4006381333931",
        "title": "Fineliner, blue",
        "description": "Writes a fine blue line.",
        "brand": "Northern",
        "category": "Office > Pens",
        "condition": "NEW",
        "price": {"amount": "1.95", "currency": "EUR"},
        "quantity": 12,
        "handling_days": 2,
        "image_urls": ["https://north.example/fineliner.jpg"],
        "attributes": {"colour": "blue"},
        **fields,
    }


def an_order_body(*lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "currency": "EUR",
        "lines": list(lines)
        or [
            {
                "offer_id": "off_unknown_1",
                "quantity": 1,
                "expected_price": {"amount": "1.95", "currency": "EUR"},
            }
        ],
        "ship_to": {
            "name": "Ada Buyer",
            "address": {"line1": "1 Quiet Lane", "city": "Ghent", "postal_code": "9000", "country": "BE"},
        },
        "contact": {"email": "ada@buyer.example"},
        "payment": {"reference": "pay-1", "authorized_amount": {"amount": "99.00", "currency": "EUR"}},
        **fields,
    }
