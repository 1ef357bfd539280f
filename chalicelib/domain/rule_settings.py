"""What a marketplace has set for its validation rules, ready to be asked: is a rule on, with which
parameters, what do its findings weigh, which values are settled. `rule_documents` makes it of what is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain import pointers
from chalicelib.domain.rules import text

APPLY = "APPLY"
"""The correction is made, and recorded."""
ASK_SUPPLIER = "ASK_SUPPLIER"
"""It is proposed to the supplier; until that decides, the record is not for sale."""
ASK_REVIEWER = "ASK_REVIEWER"
"""It is proposed to the marketplace's reviewers."""
POLICIES = (APPLY, ASK_SUPPLIER, ASK_REVIEWER)


@dataclass(frozen=True)
class Where:
    """The records that something holds for: of one supplier, brand and category, where these are given.
    Names are compared by their letters and digits."""

    supplier_id: str | None = None
    brand: str | None = None
    category: str | None = None

    def covers(self, record: Mapping[str, Any], supplier_id: str) -> bool:
        return (
            (self.supplier_id is None or self.supplier_id == supplier_id)
            and (self.brand is None or text.alike(self.brand, str(record.get("brand", ""))))
            and (self.category is None or text.alike(self.category, str(record.get("category", ""))))
        )


@dataclass(frozen=True)
class Limit:
    """Parameters of a rule that hold for some records only."""

    where: Where
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Exempt:
    """A value that a rule leaves alone: a person has looked at it and it is right. `field` is a pointer
    pattern; None stands for a value that is not there."""

    where: Where
    field: str
    value: Any


@dataclass(frozen=True)
class RuleSetting:
    """What is set for one rule. `parameters` are all of the rule's, its defaults among them; of several
    `limits` that cover a record the last counts. `severity` is None where it is the rule's own."""

    enabled: bool = True
    policy: str = APPLY
    severity: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()
    exceptions: tuple[Exempt, ...] = ()


_AS_DELIVERED = RuleSetting()


@dataclass(frozen=True)
class RuleSettings:
    """One version of the settings, asked about the records of one supplier (see `about`)."""

    version: int = 0
    set_at: str = ""
    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    supplier_id: str = ""

    def about(self, supplier_id: str) -> "RuleSettings":
        """The same settings for records of this supplier."""
        return replace(self, supplier_id=supplier_id)

    def of(self, rule: str) -> RuleSetting:
        return self.rules.get(rule, _AS_DELIVERED)

    def is_on(self, rule: str) -> bool:
        return self.of(rule).enabled

    def parameters(self, rule: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """The keyword arguments that the rule is called with on this record; none where none is set."""
        setting = self.of(rule)
        found = setting.parameters
        for limit in setting.limits:
            if limit.where.covers(record, self.supplier_id):
                found = {**found, **limit.parameters}
        return found

    def excepts(self, rule: str, pointer: str, record: Mapping[str, Any]) -> bool:
        """Whether the value at `pointer` is settled for this rule."""
        return any(
            pointers.matches(each.field, pointer)
            and each.value == pointers.value_at(record, pointer)
            and each.where.covers(record, self.supplier_id)
            for each in self.of(rule).exceptions
        )


AS_DELIVERED = RuleSettings()
"""Before anybody has set anything: every rule on, with its own parameters."""
