"""How events reach their functions, where Chalice cannot say it: for the single stack and `chalice deploy`.

Every handler is right without these settings; with them a poison batch is halved, given up in time and kept.
"""

import json

STREAM_FUNCTION = "on_change"
STREAM_RETRIES = 8
STREAM_RECORD_AGE_S = 21_600

# Nothing follows from other items, nor from an item's removal. A filtered record costs no invocation.
STREAM_KINDS = (
    "AUTHORIZATIONS", "IMPORT", "ORDER", "PAYOUT", "PRODUCT", "REFUND", "RETURN", "REVIEW", "RULE_REVERSAL",
    "STATEMENT", "SUPPLIER", "SUPPLIER_HEALTH", "SUPPLIER_ORDER", "TERMS",
)  # fmt: skip
STREAM_OFFERS = (
    "REJECTED",
    "TO_REVIEW",
)  # the acceptances that are announced; what is on sale is in the terms
STREAM_FILTERS = [
    {"Pattern": json.dumps({"eventName": ["INSERT", "MODIFY"], "dynamodb": {"NewImage": image}})}
    for image in (
        {"kind": {"S": STREAM_KINDS}},
        {"kind": {"S": ["OFFER"]}, "acceptance": {"S": STREAM_OFFERS}},
    )
]
