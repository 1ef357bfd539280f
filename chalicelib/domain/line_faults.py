"""What is wrong with what somebody says of an order's lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from chalicelib.domain.acceptance import Fault

T = TypeVar("T")
Said = Mapping[str, Any]


def faults(
    said: Sequence[Said], known: Mapping[str, T], judge: Callable[[Said, T], tuple[str, str] | None]
) -> Iterator[Fault]:
    """The fault of each line that is not `known`, is named twice, or in which `judge` finds one: the field
    and a code."""
    seen = set()
    for index, each in enumerate(said):
        line_id = each["line_id"]
        if line_id not in known:
            yield Fault(index, "line_id", "UNKNOWN_LINE")
        elif line_id in seen:
            yield Fault(index, "line_id", "DUPLICATE_LINE")
        elif found := judge(each, known[line_id]):
            yield Fault(index, *found)
        seen.add(line_id)
