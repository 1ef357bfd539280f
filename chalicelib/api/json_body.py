"""JSON as it comes in: parsed once, strictly, and refused with a reason."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from chalicelib.problems import BadRequest, PayloadTooLarge, UnsupportedMediaType

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
MAX_BYTES = 256 * 1024
MAX_DEPTH = 32

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _DuplicateKey(ValueError):
    pass


class _NotANumber(ValueError):
    pass


def check_media_type(content_type: str | None, allowed: tuple[str, ...]) -> None:
    """Raise UnsupportedMediaType unless the header names one of `allowed`, in UTF-8."""
    media_type, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    charsets = [value.partition("=")[2].strip('" ') for value in parameters if value.startswith("charset")]
    if media_type not in allowed or any(charset not in ("utf-8", "utf8") for charset in charsets):
        raise UnsupportedMediaType(
            "UNSUPPORTED_MEDIA_TYPE", f"Send the body as {' or '.join(allowed)}, encoded in UTF-8."
        )


def parse(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Any:
    """The value of a JSON text. Fractions come as Decimal.

    Raises BadRequest for what is not JSON (RFC 8259) in UTF-8, and for what readers understand
    differently: a key twice in one object, half a surrogate pair, nesting deeper than MAX_DEPTH.
    """
    if len(raw) > max_bytes:
        raise PayloadTooLarge("BODY_TOO_LARGE", f"A body is at most {max_bytes} bytes.")
    text = _decode(raw)
    _check_depth(text)
    value = _load(text)
    if _ESCAPED_SURROGATE.search(text):
        _check_surrogates(value)
    return value


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("The body is not UTF-8.") from error


def _load(text: str) -> Any:
    try:
        return json.loads(
            text,
            parse_float=_decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_without_duplicates,
        )
    except _DuplicateKey as error:
        raise BadRequest("DUPLICATE_KEY", "The body has the same key twice in one object.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"The body is not JSON: see {place}.") from error
    except ValueError as error:
        raise _malformed("The body holds a number that JSON does not have or nobody can count to.") from error


def _check_depth(text: str) -> None:
    """Before parsing, because a parser that recurses dies of depth instead of refusing it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if match[0] in "[{" else -1
        if depth > MAX_DEPTH:
            raise BadRequest("JSON_TOO_DEEP", f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError as error:
        raise _malformed("The body holds half of a surrogate pair.") from error


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except ArithmeticError as error:
        raise _NotANumber(text) from error
    if not number.is_finite():
        raise _NotANumber(text)
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise _NotANumber(name)


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKey
    return found


def _malformed(detail: str) -> BadRequest:
    return BadRequest("MALFORMED_JSON", detail)
