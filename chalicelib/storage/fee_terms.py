"""How what is frozen of a line's fee is stored: a list without what is at its end and says nothing, so that
an order of two lines fits into the one KB that a write is charged by."""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.fee_rules import DIRECT
from chalicelib.domain.fees import FeeFacts, FeeTerms

_ON_SHIPPING, _KEPT_ON_REFUND = 1, 2
_NOTHING: tuple[Any, ...] = (0, "", 0, 0, [], 0, 0, None, None)


def packed(terms: FeeTerms | None) -> list[Any] | None:
    """As it is stored; None where no fee is reckoned."""
    if terms is None:
        return None
    version, rule, percent_ppm, flat, floor, cap, vat_ppm, on_shipping, kept_on_refund, inputs = terms
    flags = _ON_SHIPPING * on_shipping + _KEPT_ON_REFUND * kept_on_refund
    said = [version, rule, percent_ppm, vat_ppm, _packed_inputs(inputs or {}), flags, flat, cap, floor]
    while said and said[-1] == _NOTHING[len(said) - 1]:
        said.pop()
    return said


def unpacked(stored: list[Any] | None) -> FeeTerms | None:
    """The terms again."""
    if stored is None:
        return None
    version, rule, percent_ppm, vat_ppm, inputs, flags, flat, cap, floor = [
        *stored,
        *_NOTHING[len(stored) :],
    ]
    return FeeTerms(
        version,
        rule,
        percent_ppm,
        flat,
        floor,
        cap,
        vat_ppm,
        on_shipping=bool(flags & _ON_SHIPPING),
        kept_on_refund=bool(flags & _KEPT_ON_REFUND),
        inputs=_unpacked_inputs(inputs),
    )


def _packed_inputs(inputs: Any) -> list[str]:
    facts = FeeFacts(**{name: inputs.get(name, "") for name in FeeFacts._fields})
    channel = inputs.get("channel", DIRECT)
    return facts.packed if channel == DIRECT else [*facts, channel]


def _unpacked_inputs(stored: Sequence[str]) -> dict[str, str]:
    names = (*FeeFacts._fields, "channel")
    said = dict(zip(names, stored, strict=False))
    return {name: fact for name, fact in {**said, "channel": said.get("channel", DIRECT)}.items() if fact}
