"""The catalogue's lists."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chalicelib.api.schemas.common import AnswerSchema, PageQuerySchema, page_of
from chalicelib.bodies.fields import MoneySchema, one_of, raw_text
from chalicelib.domain import catalogue
from chalicelib.services.browse_catalogue import MOST_SORTED, RELEVANCE, SORTS

MAX_QUERY_WORDS = 8

_QUERY = (
    "Words that title and brand have, all of them; case and accents do not count. A product is found by its "
    f"first {catalogue.MAX_WORDS} words."
)
_SORTING = (
    "`relevance` is newest first; with `q` it is words of the title before those of the brand alone, then the"
    " title with fewer words, then the newer product. `price` and `-price` go by the featured offer's price, "
    f"currency by currency. With `q`, any sort but `relevance` is one of the {MOST_SORTED} most relevant."
)


def _has_words(text: str) -> None:
    found = catalogue.words(text)
    if not found:
        raise ValidationError("There is no word in this: two letters or digits at least.")
    if len(found) > MAX_QUERY_WORDS:
        raise ValidationError(f"At most {MAX_QUERY_WORDS} words.")


class ProductQuerySchema(PageQuerySchema):
    """What to list. A cursor goes with the parameters that it came from; `limit` alone may be another."""

    category = raw_text(
        500, required=False, metadata={"description": "A path, `A > B`; what is below it is in it."}
    )
    brand = raw_text(200, required=False)
    q = fields.String(validate=[validate.Length(max=200), _has_words], metadata={"description": _QUERY})
    sort = one_of(*SORTS, required=False, load_default=RELEVANCE, metadata={"description": _SORTING})
    gtin = raw_text(14, required=False, metadata={"description": "GTIN-8, -12, -13 or -14. It stands alone."})

    @validates_schema
    def _is_by_gtin_or_by_the_rest(self, data: dict[str, Any], **_options: Any) -> None:
        if "gtin" in data and {"category", "brand", "q", "cursor"} & data.keys():
            raise ValidationError("A gtin finds one product at most: send nothing beside it.", "gtin")


class CardSchema(AnswerSchema):
    """A product in a list. `price` is the featured offer's."""

    product_id = fields.String(required=True)
    gtin = fields.String(required=True, allow_none=True)
    title = fields.String(required=True)
    brand = fields.String(required=True)
    category = fields.String(required=True)
    image_url = fields.String(required=True, allow_none=True)
    price = fields.Nested(MoneySchema, required=True)
    offer_count = fields.Integer(required=True)


CardPageSchema = page_of(CardSchema, "CardPage")
