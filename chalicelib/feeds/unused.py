"""The fields that records name and nothing is made of, found as they are read."""

from collections.abc import Collection, Iterable, Iterator

_MOST = 100


class Unused(Collection[str]):
    """Names in the order in which they were met, each once; after a hundred no more are kept."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._names and len(self._names) < _MOST:
                self._names[name[:100]] = None

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
