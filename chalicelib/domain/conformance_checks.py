"""What is looked at in a supplier's order API, and what to mend where it does not hold.

What needs a check that did not pass is skipped, so that one fault is reported once, and where it is.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """What is looked at, what to do where it does not hold, and which checks have to pass before."""

    name: str
    title: str
    mend: str
    needs: tuple[str, ...] = ()


CHECKS = (
    Check(
        "SIGNED",
        "the URL may be called",
        "Register an https URL with a public address.",
    ),
    Check(
        "REACHED",
        "something answers there",
        "Check that the service runs, and its name, port, certificate and firewall.",
        ("SIGNED",),
    ),
    Check(
        "IN_TIME",
        "the whole answer comes in time",
        "Answer 202 at once and decide later, or do less before you answer.",
        ("REACHED",),
    ),
    Check(
        "STATUS_UNDERSTOOD",
        "a signed test order is answered with a status that says what became of it",
        "Answer 200 or 201 with a body, or 202 to answer later.",
        ("IN_TIME",),
    ),
    Check(
        "BODY_UNDERSTOOD",
        "the body is JSON of the contract's shape",
        "Answer as docs/supplier-api.yaml describes it (Answer).",
        ("STATUS_UNDERSTOOD",),
    ),
    Check(
        "FITS_THE_ORDER",
        "the answer fits the order",
        "Name only the order's own lines, each once, and never more pieces than were asked for.",
        ("BODY_UNDERSTOOD",),
    ),
    Check(
        "ACCEPT",
        "an order is accepted",
        "Accept a test order whose data.scenario is ACCEPT.",
        ("FITS_THE_ORDER",),
    ),
    Check(
        "DUPLICATE",
        "the same order sent again is one order, with the first answer",
        "Keep each answer under its attempt id, and give it again instead of taking the order again.",
        ("ACCEPT",),
    ),
    Check(
        "DUPLICATE_AT_ONCE",
        "the same order sent several times at once is one order",
        "Let the storage decide who is first, by a unique key on the attempt id: looking first and then "
        "writing takes the order twice.",
        ("DUPLICATE",),
    ),
    Check(
        "OTHER_BODY",
        "another body under a known attempt id changes nothing",
        "Give the first answer again, or refuse with 409 or 422; never decide a second time.",
        ("DUPLICATE",),
    ),
    Check(
        "STATUS",
        "the status URL gives the same answer as the order did",
        "Answer the status call from the record that the order's answer is kept in.",
        ("ACCEPT",),
    ),
    Check(
        "STATUS_UNKNOWN",
        "the status of an attempt that never came is 404",
        "Answer 404 for an attempt that you do not have: anything else loses or doubles orders.",
        ("STATUS_UNDERSTOOD",),
    ),
    Check(
        "LOST_ANSWER",
        "an order whose answer was lost is one order, with one answer",
        "Store order and answer together before you answer, whether or not the caller still listens.",
        ("DUPLICATE_AT_ONCE", "STATUS"),
    ),
    Check(
        "SIGNATURE",
        "what the marketplace did not sign is refused, and leaves nothing behind",
        "Verify every call before anything else, over the bytes as they came; answer 401.",
        ("STATUS_UNDERSTOOD",),
    ),
    Check(
        "TIMESTAMP",
        "what was signed long ago, or for the future, is refused",
        "Refuse a webhook-timestamp that is more than 300 seconds from now; answer 401.",
        ("SIGNATURE",),
    ),
    Check(
        "UNKNOWN_FIELDS",
        "fields that are not known are ignored",
        "Read the fields that you know and ignore the others: there will be more of them.",
        ("ACCEPT",),
    ),
    Check(
        "BAD_BODY",
        "a body that is no order is refused with 4xx",
        "Answer 400 or 422 to what you cannot read; a 5xx is tried again for hours.",
        ("STATUS_UNDERSTOOD",),
    ),
    Check(
        "PARTIAL",
        "a part of an order is accepted, by lines",
        "With PARTIALLY_ACCEPTED name the lines, each with its code and how many pieces you ship.",
        ("FITS_THE_ORDER",),
    ),
    Check(
        "REJECT",
        "an order is rejected",
        "Answer REJECTED, with a code for each line that says why; no line is then taken.",
        ("FITS_THE_ORDER",),
    ),
    Check(
        "BACKORDER",
        "an order is accepted for a later day",
        "With BACKORDERED say available_on for each line.",
        ("FITS_THE_ORDER",),
    ),
    Check(
        "LATER",
        "a slow decision is promised with 202 and then told by the status URL",
        "After 202, let the status URL answer 202 until you have decided, then 200 with the answer.",
        ("DUPLICATE", "STATUS"),
    ),
    Check(
        "UNAVAILABLE",
        "after trouble the same order is taken, once",
        "Take nothing when you answer 5xx or 429, and take the order when it comes again.",
        ("DUPLICATE",),
    ),
    Check(
        "CANCELLATION",
        "a cancellation is answered, and answered alike when it comes again",
        "Keep the answer under the webhook-id of the request; 404 for an attempt that you do not have.",
        ("ACCEPT",),
    ),
    Check(
        "INVENTORY",
        "the inventory API says how many there are of a SKU",
        'Answer 200 with {"items": [{"sku", "quantity", "as_of"}]}; leave out the SKUs that you do not have.',
        ("SIGNED",),
    ),
)
"""In the order in which one needs the other."""
