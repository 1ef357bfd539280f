"""The small parts of the HTTP core: bodies, merge patches, entity tags, what faults are called."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields

from chalicelib.api import answers, json_body, preconditions
from chalicelib.api.merge_patch import merge_patch
from chalicelib.bodies import faults
from chalicelib.problems import BadRequest, StaleVersion, UnsupportedMediaType

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert json_body.parse(answers.to_json(value).encode("utf-8", "surrogatepass")) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(BadRequest):
        json_body.parse(raw)


def test_a_fraction_keeps_every_digit() -> None:
    assert json_body.parse(b"0.10000000000000000001") == Decimal("0.10000000000000000001")


@pytest.mark.parametrize("depth", [31, 32])
def test_nesting_up_to_the_limit_is_read(depth: int) -> None:
    assert json_body.parse(b"[" * depth + b'"[\\"["' + b"]" * depth)


@pytest.mark.parametrize(
    "header", ["application/json", "application/json;charset=utf-8", " APPLICATION/JSON ; x=y"]
)
def test_json_is_known_however_it_is_announced(header: str) -> None:
    json_body.check_media_type(header, (json_body.JSON,))


@pytest.mark.parametrize(
    "header", [None, "", "text/json", "application/json; charset=utf-16", "a, application/json"]
)
def test_anything_else_is_another_media_type(header: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        json_body.check_media_type(header, (json_body.JSON,))


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ([1, 2], {"a": "b"}, {"a": "b"}),
        ({"a": "b"}, ["c"], ["c"]),
    ],
)
def test_a_merge_patch_does_what_rfc_7396_says(target: Any, patch: Any, merged: Any) -> None:
    assert merge_patch(target, patch) == merged


@given(JSON, JSON)
def test_a_merge_patch_changes_neither_side_and_says_the_same_twice(target: Any, patch: Any) -> None:
    before = repr((target, patch))

    once = merge_patch(target, patch)

    assert repr((target, patch)) == before
    assert merge_patch(once, patch) == once


@pytest.mark.parametrize("header", ['"3"', 'W/"3"', '"1", "3"', "*"])
def test_an_entity_tag_of_the_version_matches(header: str) -> None:
    expected = preconditions.if_match(header)

    assert expected is not None
    expected.check(3)


@pytest.mark.parametrize("header", ['"2"', "3", '"3x"', '"³"', '"' + "9" * 5000 + '"', "nonsense"])
def test_any_other_entity_tag_is_stale(header: str) -> None:
    expected = preconditions.if_match(header)

    assert expected is not None
    with pytest.raises(StaleVersion):
        expected.check(3)


def test_nothing_matches_where_nothing_is() -> None:
    with pytest.raises(StaleVersion):
        preconditions.if_match("*").check(None)  # type: ignore[union-attr]


@pytest.mark.parametrize("header", [None, "", "  "])
def test_no_header_expects_nothing(header: str | None) -> None:
    assert preconditions.if_match(header) is None


@pytest.mark.parametrize(
    ("header", "held"), [('"x"', True), ('W/"x"', True), ('"y", "x"', True), ("*", True)]
)
def test_what_the_client_holds_is_recognised(header: str, held: bool) -> None:
    assert preconditions.none_match(header, '"x"') == held
    assert not preconditions.none_match('"y"', '"x"')
    assert not preconditions.none_match(None, '"x"')


class Inner(faults.StrictSchema):
    a_b = fields.Integer(data_key="a/b", strict=True)


class Outer(faults.StrictSchema):
    inner = fields.List(fields.Nested(Inner), required=True)


def test_faults_are_named_by_pointers_that_rfc_6901_reads() -> None:
    refusal = faults.refusal(Outer().validate({"inner": [{"a/b": 1}, {"a/b": "x", "~": 1}]}))

    assert [(error.pointer, error.code) for error in refusal.errors] == [
        ("/inner/1/a~1b", "INVALID_VALUE"),
        ("/inner/1/~0", "UNKNOWN_FIELD"),
    ]


@pytest.mark.parametrize("value", [None, [], "x", 1, True])
def test_what_is_no_object_is_refused_as_a_whole(value: Any) -> None:
    refusal = faults.refusal(Outer().validate(value))

    assert [(error.pointer, error.code) for error in refusal.errors] == [("", "INVALID_VALUE")]


def test_a_decimal_is_never_rounded_in_an_answer() -> None:
    text = answers.to_json({"whole": Decimal("3.00"), "part": Decimal("0.1")})

    assert text == '{"whole":3,"part":"0.1"}'
