"""Text damage as it was seen in the wild, and texts that only look damaged."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.domain.rules import text
from chalicelib.domain.rules.text_corrections import mojibake_in

DATA = Path(os.environ.get("MARKETPLACE_REAL_DATA", "../shared/data")) / "ftfy-mojibake"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the real data is not here")

mojibake = mojibake_in("/title")


@pytest.mark.parametrize(
    ("file", "outcomes"),
    [
        # Where characters are lost (seven texts), ftfy's answer holds U+FFFD: a person is asked instead.
        # What "should be" otherwise is for ftfy's other repairs (quotes, ligatures), which are not made here.
        ("in-the-wild", {"repaired": 60, "as it should be": 4, "lost": 6}),
        ("synthetic", {"repaired": 15, "as it should be": 14, "lost": 1}),
        # The one has C1 control characters, which Windows-1252 tells the meaning of.
        ("negative", {"repaired": 1, "as it should be": 30}),
    ],
)
def test_damage_is_repaired_where_that_is_certain_and_nothing_else_is_touched(
    file: str, outcomes: dict[str, int]
) -> None:
    vectors = json.loads((DATA / f"{file}.json").read_text())

    assert Counter(outcome(vector) for vector in vectors) == outcomes


def outcome(vector: dict[str, str]) -> str:
    sent, meant = vector["original"], vector.get("fixed-encoding", vector["fixed"])
    corrected = mojibake.corrected(sent, {})
    if corrected is None and text.is_damaged(sent):
        return "lost"
    assert (corrected or sent) == meant
    return "repaired" if corrected else "as it should be"
