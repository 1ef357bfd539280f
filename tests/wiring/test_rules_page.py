"""The page about the rules is the rules'."""

import pytest

from chalicelib.domain.rules.catalog import CHECKS, CORRECTIONS
from deploy import rules_page


def test_the_page_says_what_the_rules_say() -> None:
    assert rules_page.PAGE.read_text() == rules_page.page(), "run: python -m deploy.rules_page"


@pytest.mark.parametrize("rule", [*CORRECTIONS.values(), *CHECKS.values()], ids=lambda rule: rule.rule)
def test_every_rule_says_where_it_comes_from(rule: object) -> None:
    assert getattr(rule, "source", "")
