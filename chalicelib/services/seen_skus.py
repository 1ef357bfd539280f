"""Which SKUs a feed has had already, and in which row: any number of them in bounded memory."""

import hashlib
import sqlite3
from collections.abc import Iterable

Entry = tuple[int, int]
"""A SKU's hash and the row that it first stood in."""

_CACHE_KB = 2_000


class SeenSkus:
    """A set that spills to a temporary file of the process, and what was added to it since it was last asked.

    A SKU stands there as 63 bits of its hash: among a million, two share them once in nine million feeds.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        self._file.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("CREATE TABLE seen (sku INTEGER PRIMARY KEY, row INTEGER)")
        self._file.execute("BEGIN")
        self._file.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", entries)
        self._added: list[Entry] = []

    def first_row(self, sku: str, row: int) -> int:
        """The row in which the feed had the SKU first: `row` itself where it is new."""
        entry = (_hash(sku), row)
        if self._file.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", entry).rowcount:
            self._added.append(entry)
            return row
        return int(self._file.execute("SELECT row FROM seen WHERE sku = ?", entry[:1]).fetchone()[0])

    def added(self) -> list[Entry]:
        """What was added since the last call, in order."""
        added, self._added = self._added, []
        return added


def _hash(sku: str) -> int:
    return int.from_bytes(hashlib.blake2b(sku.encode(), digest_size=8).digest()) >> 1
