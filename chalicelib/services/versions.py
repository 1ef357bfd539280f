"""What a caller expects of the version that it is about to change (`If-Match`)."""

from dataclasses import dataclass

from chalicelib.problems import StaleVersion


@dataclass(frozen=True)
class Expected:
    """The versions that may be changed; None is any version, as long as there is one."""

    versions: frozenset[int] | None

    def check(self, current: int | None) -> None:
        """Raise StaleVersion unless the record exists in an expected version."""
        if current is None or (self.versions is not None and current not in self.versions):
            raise StaleVersion
