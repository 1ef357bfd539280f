"""marshmallow's findings as field problems: a JSON pointer, a stable code, and what to do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields

from chalicelib.problems import FieldProblem, Unprocessable

MAX_REPORTED = 100

_UNKNOWN = "This field is not known here."
_CODES = {
    str(fields.Field.default_error_messages["required"]): ("MISSING_FIELD", "This field is required."),
    _UNKNOWN: ("UNKNOWN_FIELD", _UNKNOWN),
}


class StrictSchema(Schema):
    """What clients send: a field that is not declared is refused, never dropped in silence."""

    error_messages: ClassVar[dict[str, str]] = {"unknown": _UNKNOWN, "type": "This must be an object."}


def load(schema: Schema, value: Any) -> dict[str, Any]:
    """The value as the schema loads it. Raises Unprocessable with every fault in it."""
    try:
        return dict(schema.load(value))
    except ValidationError as error:
        raise refusal(error.messages) from error


def refusal(messages: Any) -> Unprocessable:
    """A 422 that names each fault of a marshmallow message tree."""
    found = sorted(_walk(messages, ""), key=lambda problem: problem.pointer)
    return Unprocessable(
        "INVALID_BODY", "The request is well-formed but not valid; see errors.", errors=found[:MAX_REPORTED]
    )


def unknown_fields(schema: Schema, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Message tree of the fields of a merge patch that the schema does not know.

    A null for an unknown field would vanish in the merge, so the merged document cannot tell.
    """
    faults: dict[str, Any] = {}
    for name, value in patch.items():
        field = schema.fields.get(name)
        if field is None:
            faults[name] = [_UNKNOWN]
        elif isinstance(field, fields.Nested) and isinstance(value, Mapping):
            inner = unknown_fields(field.schema, value)
            faults |= {name: inner} if inner else {}
    return faults


def _walk(messages: Any, pointer: str) -> Iterator[FieldProblem]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _walk(inner, pointer if name == "_schema" else f"{pointer}/{_escaped(name)}")
    elif isinstance(messages, Sequence) and not isinstance(messages, str):
        for message in messages:
            yield from _walk(message, pointer)
    else:
        code, detail = _CODES.get(str(messages), ("INVALID_VALUE", str(messages)))
        yield FieldProblem(pointer, code, detail)


def _escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")
