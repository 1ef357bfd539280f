"""What storage raises where its caller has a choice. Any other failure of the table goes up as it is."""


class WriteRefused(Exception):
    """A condition did not hold, so nothing was written.

    `labels` name the writes whose conditions failed; in a transaction `found` maps a label to the
    item that stood in the way, as the repository's value, where the write asked for it.
    """

    def __init__(self, labels: tuple[str, ...], found: dict[str, object] | None = None) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels
        self.found = found or {}


class Contention(Exception):
    """Another transaction held one of the items; nothing was written, the same write may be tried again.
    `labels` name the writes that it was in the way of, where that is known."""

    def __init__(self, labels: tuple[str, ...] = ()) -> None:
        super().__init__(", ".join(labels))
        self.labels = labels


class BadCursor(ValueError):
    """A cursor that this list did not give out."""
