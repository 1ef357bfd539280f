"""All rules by step and by name."""

from typing import Any

from chalicelib.domain.rules import (
    offer_category,
    offer_content,
    offer_identifiers,
    offer_images,
    offer_price,
    offer_terms,
    offer_wording,
    supplier_brands,
    supplier_contact,
    supplier_identity,
    supplier_order_api,
)
from chalicelib.domain.rules.facts import OfferFacts, SupplierFacts
from chalicelib.domain.rules.kinds import CheckRule, CorrectionRule
from chalicelib.domain.rules.offer_corrections import OFFER_CORRECTIONS
from chalicelib.domain.rules.supplier_corrections import SUPPLIER_CORRECTIONS

SUPPLIER_CHECKS: dict[str, tuple[CheckRule[SupplierFacts], ...]] = {
    supplier_identity.STEP: supplier_identity.IDENTITY_CHECKS,
    supplier_contact.STEP: supplier_contact.CONTACT_CHECKS,
    supplier_brands.STEP: supplier_brands.BRAND_CHECKS,
    supplier_order_api.STEP: supplier_order_api.ORDER_API_CHECKS,
}
"""The checks of each validation step of a supplier."""

OFFER_CHECKS: dict[str, tuple[CheckRule[OfferFacts], ...]] = {
    offer_identifiers.STEP: offer_identifiers.IDENTIFIER_CHECKS,
    offer_content.STEP: (
        *offer_content.CONTENT_CHECKS,
        *offer_wording.WORDING_CHECKS,
        *offer_category.CATEGORY_CHECKS,
        *offer_terms.TERMS_CHECKS,
    ),
    offer_price.STEP: offer_price.PRICE_CHECKS,
    offer_images.STEP: offer_images.IMAGE_CHECKS,
}
"""The checks of each validation step of an offer."""

CORRECTIONS: dict[str, CorrectionRule] = {
    rule.rule: rule for rule in (*SUPPLIER_CORRECTIONS, *OFFER_CORRECTIONS)
}

CHECKS: dict[str, CheckRule[Any]] = {
    rule.rule: rule for steps in (SUPPLIER_CHECKS, OFFER_CHECKS) for rules in steps.values() for rule in rules
}
"""Every check by its name, for what travelled as a finding."""
