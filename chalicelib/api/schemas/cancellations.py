"""What a shopper cancels, and what suppliers say to it."""

from marshmallow import fields

from chalicelib.api.schemas.common import MAX_LINES
from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import listed, one_of, optional_text, text, whole
from chalicelib.domain.notices import STATUSES


class CanceledLineSchema(StrictSchema):
    line_id = text(128)
    quantity = whole(
        1,
        999,
        required=False,
        metadata={
            "description": "how many of the line are to be canceled in all, with those that are already; "
            "without it, all that can be"
        },
    )


class CancellationBodySchema(StrictSchema):
    """Without `lines`, all of the order that can be canceled."""

    lines = listed(fields.Nested(CanceledLineSchema), minimum=1, maximum=MAX_LINES, required=False)
    reason = optional_text(500, metadata={"description": "for the supplier"})


class LetGoSchema(StrictSchema):
    line_id = text(128)
    quantity = whole(
        0, 999, required=False, metadata={"description": "all that was asked for, where it is not said"}
    )


class CancellationAnswerSchema(StrictSchema):
    """Without `lines`, `status` is said of all that was asked for; with them, what they leave out is
    rejected."""

    status = one_of(*sorted(STATUSES))
    lines = listed(fields.Nested(LetGoSchema), minimum=1, maximum=MAX_LINES, required=False)
