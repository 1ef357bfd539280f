"""Cells that a spreadsheet would compute (CWE-1236), read with suspicion and written so that it does not.

Text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe before it, which
spreadsheets take for "this is text"; numbers do not need it. Reading takes one such apostrophe away. Text
that has one already gets another, so that writing and reading again is the identity for every cell.
"""

import re

_COMPUTED = re.compile(r"'*[=+\-@\t\r]", re.ASCII)
_SHIELDED = re.compile(r"'+[=+\-@\t\r]", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*%?", re.ASCII)
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"')
_FAILED = frozenset(("#N/A", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#DIV/0!"))


def shielded(cell: str) -> str:
    """The cell as it can be written to a file that somebody opens in a spreadsheet."""
    return f"'{cell}" if _COMPUTED.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unshielded(cell: str) -> str:
    """The cell that `shielded` was given."""
    return cell[1:] if _SHIELDED.match(cell) else cell


def text_of(cell: str) -> str:
    """What a cell such as `="00123"` shows; any other cell as it is."""
    kept = _KEPT_AS_TEXT.fullmatch(cell)
    return kept[1] if kept else cell


def is_computed(cell: str) -> bool:
    """Whether the cell is a formula, what a failed one shows, or starts a program (DDE)."""
    call = cell.find("|") if cell[:1] in ("+", "-", "@") else -1
    return cell.startswith("=") or cell in _FAILED or (call > 0 and "!" in cell[call:])
