"""What the environment says, read when it is asked for (never at import)."""

import os
from datetime import timedelta
from typing import Literal

APP_NAME = "marketplace"


def required(name: str) -> str:
    """The value of an environment variable that the deployment always sets.

    Raises KeyError when it is missing: the deployment is broken, not the request.
    """
    return os.environ[name]


def stage() -> str:
    return os.environ.get("STAGE", "local")


def table_name() -> str:
    return required("TABLE_NAME")


def region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def admin_group() -> str:
    """The user-pool group whose members are administrators."""
    return os.environ.get("ADMIN_GROUP", "marketplace-admins")


def allowed_private_hosts() -> frozenset[str]:
    """Hosts (`host` or `host:port`) that outgoing calls may reach although they are private."""
    listed = os.environ.get("ALLOWED_PRIVATE_HOSTS", "")
    return frozenset(host.strip().lower() for host in listed.split(",") if host.strip())


def remote_checks_are_strict() -> bool:
    """Whether a check that the network kept from running opens a review (AWS) or warns (laptops)."""
    return os.environ.get("REMOTE_CHECKS", "strict") != "lenient"


def accept_within_hours() -> int:
    """How long a supplier may take to answer an order, where its profile says nothing."""
    return int(os.environ.get("ACCEPT_WITHIN_HOURS", "24"))


def reallocate_within_hours() -> int:
    """How long after placing another supplier is looked for."""
    return int(os.environ.get("REALLOCATE_WITHIN_HOURS", "72"))


def max_suppliers_per_line() -> int:
    """How many suppliers are asked for one order line before it is refused."""
    return int(os.environ.get("MAX_SUPPLIERS_PER_LINE", "5"))


def delivered_after() -> timedelta:
    """How long after a supplier order was shipped it counts as received, where nobody has said so before."""
    return timedelta(days=int(os.environ.get("DELIVERED_AFTER_DAYS", "14")))


def cancellation_answer_within() -> timedelta:
    """How long a supplier may take to say whether it lets go of what is to be canceled."""
    return timedelta(hours=int(os.environ.get("CANCELLATION_ANSWER_HOURS", "24")))


def return_window() -> timedelta:
    """How long after it was received something may be sent back."""
    return timedelta(days=int(os.environ.get("RETURN_WINDOW_DAYS", "30")))


def split_cost(currency: str) -> int:
    """What allocation counts for each supplier beyond the first, in minor units."""
    return _minor_units("SPLIT_COST", currency, default="350")


def handling_day_cost(currency: str) -> int:
    """What allocation counts for each day until a line is sent, in minor units."""
    return _minor_units("HANDLING_DAY_COST", currency, default="25")


def _minor_units(name: str, currency: str, *, default: str) -> int:
    """`350` is so many in every currency; in `EUR=350,JPY=500` a currency that is not named has none."""
    value = os.environ.get(name, default).strip()
    if "=" not in value:
        return int(value)
    amounts = dict(each.split("=") for each in value.replace(" ", "").split(","))
    return int(amounts.get(currency, 0))


def refusal_cost_percent() -> int:
    """What a refused line costs, of its price: allocation counts it by how likely the supplier refuses."""
    return int(os.environ.get("REFUSAL_COST_PERCENT", "10"))


def transit_days() -> int:
    """How long a parcel is on its way, for what the buyer was promised."""
    return int(os.environ.get("TRANSIT_DAYS", "0"))


def contention_seconds() -> float:
    """How long a write is tried again while others are at the same items."""
    return float(os.environ.get("CONTENTION_SECONDS", "2"))


def payment_within_minutes() -> int:
    """How long an order waits for its payment to be confirmed."""
    return int(os.environ.get("PAYMENT_WITHIN_MINUTES", "30"))


def tax_collector() -> Literal["SUPPLIER", "MARKETPLACE"]:
    """Who hands on the tax on a sale, where the order does not say it."""
    return "MARKETPLACE" if os.environ.get("TAX_COLLECTOR") == "MARKETPLACE" else "SUPPLIER"


def log_level() -> str:
    return os.environ.get("LOG_LEVEL", "INFO")


def supplier_calls_at_once() -> int:
    """How many calls to one supplier may be under way at a time."""
    return int(os.environ.get("SUPPLIER_CALLS_AT_ONCE", "5"))


def suspend_above_refused_percent() -> int:
    """A supplier is suspended that does not take more than this share of its order lines."""
    return int(os.environ.get("SUSPEND_ABOVE_REFUSED_PERCENT", "40"))


def suspend_least_lines() -> int:
    """Of at least so many lines in seven days."""
    return int(os.environ.get("SUSPEND_LEAST_LINES", "20"))


def suspend_after_unreachable_hours() -> int:
    """A supplier is suspended whose order API has failed without a break for so long."""
    return int(os.environ.get("SUSPEND_AFTER_UNREACHABLE_HOURS", "24"))


def minimum_payout(currency: str) -> int:
    """The least that is paid out, in minor units."""
    return _minor_units("MINIMUM_PAYOUT", currency, default="0")


def reserve_ppm() -> int:
    """How much of a statement's sales stays in the balance until the next one, in millionths."""
    return round(float(os.environ.get("PAYOUT_RESERVE_PERCENT", "0")) * 10_000)


def needs_kyb() -> bool:
    """Whether a supplier is paid only once it has been checked who is behind it."""
    return os.environ.get("KYB_REQUIRED", "no") == "yes"


def payer() -> dict[str, str]:
    """Whose account payouts are made from: `name`, `IBAN`, maybe `BIC`. Empty where none was set."""
    values = {
        "name": os.environ.get("PAYER_NAME", ""),
        "IBAN": os.environ.get("PAYER_IBAN", "").replace(" ", ""),
        "BIC": os.environ.get("PAYER_BIC", ""),
    }
    return {name: value for name, value in values.items() if value}


def marketplace_name() -> str:
    """Who makes out statements."""
    return os.environ.get("MARKETPLACE_NAME", "Marketplace")


def statement_cycle() -> Literal["MONTH", "WEEK"]:
    """For which periods statements are made."""
    return "WEEK" if os.environ.get("STATEMENT_CYCLE") == "WEEK" else "MONTH"


def close_after() -> timedelta:
    """How long after its cutoff a period is closed: as long as Lambda lets a function run, so that nothing
    that was dated before the cutoff can still be written then."""
    return timedelta(seconds=int(os.environ.get("CLOSE_AFTER_SECONDS", "900")))


def closes_by_itself() -> bool:
    """Whether a schedule closes each period when it is over."""
    return os.environ.get("CLOSE_PERIODS", "automatically") == "automatically"
