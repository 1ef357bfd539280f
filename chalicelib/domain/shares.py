"""Parts of a whole amount, in minor units, that add up to it to the last one."""

from collections.abc import Sequence


def spread(whole: int, weights: Sequence[int]) -> tuple[int, ...]:
    """`whole` divided in proportion to `weights` by the largest remainder; of equal remainders the earlier
    gets more. Where nothing has any weight all count the same."""
    if not any(weights):
        weights = [1] * len(weights)
    total = sum(weights)
    shares = [whole * weight // total for weight in weights]
    left = whole - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda place: -(whole * weights[place] % total))
    for place in by_remainder[:left]:
        shares[place] += 1
    return tuple(shares)


def of_first(whole: int, pieces: int, of: int) -> int:
    """What the first `pieces` `of` so many have of `whole`: all have all of it, and what some have more than
    others is what lies between them."""
    return whole * pieces // of if of else 0


def between(whole: int, first: int, last: int, of: int) -> int:
    """What the pieces from `first` to just before `last` have of `whole`."""
    return of_first(whole, last, of) - of_first(whole, first, of)


def left(whole: int, gone: int, of: int) -> int:
    """What stays of `whole` where so much `of` what it goes by is gone."""
    return whole - of_first(whole, gone, of)
