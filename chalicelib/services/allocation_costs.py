"""What the marketplace counts beside prices when it chooses offers."""

from chalicelib import settings
from chalicelib.domain.allocation import Costs


def allocation_costs(currency: str) -> Costs:
    """The costs of an order in this currency, as they are set."""
    return Costs(
        split=settings.split_cost(currency),
        handling_day=settings.handling_day_cost(currency),
        refusal_percent=settings.refusal_cost_percent(),
    )
