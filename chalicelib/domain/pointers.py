"""JSON pointers (RFC 6901) into a record, and patterns of them in which `*` is every element of a list."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

MISSING = object()
_OBJECTS = (dict, Mapping)
"""dict first: asking for the abstract type is slow."""


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[str]:
    """The pointers at which two records differ, each as deep as both have it; a list whose length has changed
    differs as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            yield from differences(before.get(name), after.get(name), f"{pointer}/{escaped(name)}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{pointer}/{index}")
    elif before != after:
        yield pointer


def find(record: Any, pointer: str) -> Any:
    """The value at `pointer`, or MISSING."""
    value = record
    for part in _parts(pointer):
        value = _child(value, part)
        if value is MISSING:
            break
    return value


def value_at(record: Any, pointer: str) -> Any:
    """The value at `pointer`, None where there is none."""
    value = find(record, pointer)
    return None if value is MISSING else value


def matches(pattern: str, pointer: str) -> bool:
    """Whether `pointer` is one of those that `pattern` names."""
    names, parts = pattern.split("/"), pointer.split("/")
    return len(names) == len(parts) and all(
        name == part or (name == "*" and part.isdecimal()) for name, part in zip(names, parts, strict=True)
    )


def expand(record: Any, pattern: str) -> Iterator[str]:
    """The pointers of values that exist and that `pattern` names, in order."""
    head, star, tail = pattern.partition("/*")
    if not star:
        if find(record, pattern) is not MISSING:
            yield pattern
        return
    elements = find(record, head)
    if isinstance(elements, list):
        for index in range(len(elements)):
            yield from expand(record, f"{head}/{index}{tail}")


def general(pointer: str) -> str:
    """The pattern of a pointer: whatever element of a list it names, it stands for all of them."""
    return "/".join("*" if part.isdecimal() else part for part in pointer.split("/"))


def replace(record: Any, pointer: str, value: Any) -> Any:
    """A copy of `record` with `value` at `pointer`, or with nothing there where it is None; what lies beside
    the way there is shared, not copied."""
    return _replaced(record, _parts(pointer), value)


def _replaced(node: Any, parts: Sequence[str], value: Any) -> Any:
    if not parts:
        return value
    first, *rest = parts
    if isinstance(node, list):
        index = int(first)
        return [*node[:index], _replaced(node[index], rest, value), *node[index + 1 :]]
    if not rest and value is None:
        return {name: inner for name, inner in node.items() if name != first}
    return {**node, first: _replaced(node.get(first), rest, value)}


def escaped(name: str) -> str:
    """The name as one part of a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=1024)
def _parts(pointer: str) -> tuple[str, ...]:
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def _child(node: Any, part: str) -> Any:
    if isinstance(node, _OBJECTS):
        return node.get(part, MISSING)
    if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
        return node[int(part)]
    return MISSING
