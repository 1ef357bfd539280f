"""What the domain raises: a caller asked for something that its rules forbid."""


class DomainError(Exception):
    """Base of all; the class name is the code."""


class IllegalMove(DomainError):
    """A status move that the state table does not allow."""

    def __init__(self, noun: str, before: str, after: str) -> None:
        super().__init__(f"{noun}: {before} does not become {after}")
        self.noun, self.before, self.after = noun, before, after


class InvalidMoney(DomainError):
    """Not an amount with exactly its currency's digits, or not a currency."""
