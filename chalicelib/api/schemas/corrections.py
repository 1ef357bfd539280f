"""What is sent about corrections."""

from chalicelib.bodies.faults import StrictSchema
from chalicelib.bodies.fields import listed, text


class SuggestionsSchema(StrictSchema):
    """`fields` are the pointers of issues whose `suggested_value` is taken."""

    fields = listed(text(200), minimum=1, maximum=100, required=False)
