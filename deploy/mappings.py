"""How events reach their functions, where Chalice cannot say it: for the single stack and `chalice deploy`.

Every handler is right without these settings; with them a poison batch is halved, given up in time and kept.
"""

STREAM_FUNCTION = "on_change"
STREAM_RETRIES = 8
STREAM_RECORD_AGE_S = 21_600

# Items that nothing reacts to. A filtered record costs no invocation.
STREAM_FILTER = (
    '{"eventName":["INSERT","MODIFY"],'
    '"dynamodb":{"NewImage":{"kind":{"S":[{"anything-but":["BRAND","BUYER","IDEMPOTENCY","KEY","TAXID"]}]}}}}'
)
