"""Who is calling, and whether they may: one table of operation and role, and nothing open by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib import clock, settings
from chalicelib.clients import identity, secrets
from chalicelib.domain import credentials
from chalicelib.domain.credentials import Scope
from chalicelib.domain.supplier import ApiKey
from chalicelib.problems import Forbidden, NotFound, Unauthorized
from chalicelib.storage import api_keys
from chalicelib.storage.errors import Contention, WriteRefused
from chalicelib.storage.transaction import commit


class Role(StrEnum):
    """What a caller proved to be. A supplier and an order reach only what is their own."""

    ANYONE = "anyone"
    SUPPLIER = "supplier"
    ORDER = "order"
    ADMIN = "admin"


@dataclass(frozen=True)
class Access:
    """The roles that may call an operation; a supplier's key needs `scope` for it besides."""

    roles: frozenset[Role]
    scope: Scope | None = None


def _supplier(scope: Scope) -> Access:
    return Access(frozenset({Role.SUPPLIER}), scope)


def _supplier_or_admin(scope: Scope) -> Access:
    return Access(frozenset({Role.SUPPLIER, Role.ADMIN}), scope)


PUBLIC = Access(frozenset(Role))
ORDER_OR_ADMIN = Access(frozenset({Role.ORDER, Role.ADMIN}))
ADMIN = Access(frozenset({Role.ADMIN}))

ACCESS: Mapping[str, Access] = {
    "health": PUBLIC,
    "openapi": PUBLIC,
    "docs": PUBLIC,
    "console": PUBLIC,
    "console_file": PUBLIC,
    "register_supplier": PUBLIC,
    "read_supplier": _supplier_or_admin(Scope.PROFILE),
    "read_supplier_health": _supplier_or_admin(Scope.PROFILE),
    "explain_supplier": _supplier_or_admin(Scope.PROFILE),
    "change_supplier_profile": _supplier_or_admin(Scope.PROFILE),
    "try_supplier_order_api": _supplier_or_admin(Scope.PROFILE),
    "change_signing_secret": _supplier_or_admin(Scope.PROFILE),
    "create_api_key": _supplier_or_admin(Scope.PROFILE),
    "list_api_keys": _supplier_or_admin(Scope.PROFILE),
    "revoke_api_key": _supplier_or_admin(Scope.PROFILE),
    "reverse_correction": Access(frozenset({Role.SUPPLIER, Role.ADMIN})),
    "accept_supplier_suggestions": _supplier(Scope.PROFILE),
    "accept_offer_suggestions": _supplier(Scope.OFFERS),
    "list_offers": _supplier_or_admin(Scope.OFFERS),
    "read_offer": _supplier_or_admin(Scope.OFFERS),
    "explain_offer": _supplier_or_admin(Scope.OFFERS),
    "put_offer": _supplier(Scope.OFFERS),
    "change_offer": _supplier(Scope.OFFERS),
    "withdraw_offer": _supplier(Scope.OFFERS),
    "update_offers": _supplier(Scope.OFFERS),
    "put_stock": _supplier(Scope.OFFERS),
    "try_offers": _supplier(Scope.OFFERS),
    "create_import": _supplier(Scope.OFFERS),
    "list_imports": _supplier_or_admin(Scope.OFFERS),
    "read_import": _supplier_or_admin(Scope.OFFERS),
    "cancel_import_run": _supplier_or_admin(Scope.OFFERS),
    "list_import_issues": _supplier_or_admin(Scope.OFFERS),
    "read_failed_rows": _supplier_or_admin(Scope.OFFERS),
    "list_products": PUBLIC,
    "read_product": PUBLIC,
    "read_product_by_gtin": PUBLIC,
    "place_order": PUBLIC,
    "place_shopify_order": PUBLIC,
    "put_channel": ADMIN,
    "read_channel": ADMIN,
    "remove_channel": ADMIN,
    "list_channels": ADMIN,
    "list_refused_orders": ADMIN,
    "read_order": ORDER_OR_ADMIN,
    "confirm_payment": ORDER_OR_ADMIN,
    "explain_order_line": ADMIN,
    "change_order": ORDER_OR_ADMIN,
    "read_supplier_inventory": _supplier_or_admin(Scope.OFFERS),
    "read_inventory": ADMIN,
    "cancel_order": ORDER_OR_ADMIN,
    "list_supplier_orders": _supplier_or_admin(Scope.ORDERS),
    "read_supplier_order": _supplier_or_admin(Scope.ORDERS),
    "accept_order": _supplier(Scope.ORDERS),
    "answer_cancellation": _supplier(Scope.ORDERS),
    "ship_order": _supplier(Scope.ORDERS),
    "deliver_shipment": _supplier_or_admin(Scope.ORDERS),
    "refund_order": _supplier_or_admin(Scope.ORDERS),
    "return_order": ORDER_OR_ADMIN,
    "cancel_return": ORDER_OR_ADMIN,
    "list_returns": _supplier_or_admin(Scope.ORDERS),
    "read_return": _supplier_or_admin(Scope.ORDERS),
    "accept_return": _supplier_or_admin(Scope.ORDERS),
    "refuse_return": _supplier_or_admin(Scope.ORDERS),
    "receive_return": _supplier_or_admin(Scope.ORDERS),
    "quote_fees_of_sale": _supplier_or_admin(Scope.OFFERS),
    "explain_line_fee": _supplier_or_admin(Scope.ORDERS),
    "read_commission_rules": ADMIN,
    "put_commission_rules": ADMIN,
    "list_commission_rules": ADMIN,
    "list_ledger_entries": _supplier_or_admin(Scope.ORDERS),
    "read_ledger_entry": _supplier_or_admin(Scope.ORDERS),
    "read_balance": _supplier_or_admin(Scope.ORDERS),
    "list_ledger_entries_of_order": ADMIN,
    "list_statements": _supplier_or_admin(Scope.ORDERS),
    "read_statement": _supplier_or_admin(Scope.ORDERS),
    "close_statements": ADMIN,
    "start_reconciliation": ADMIN,
    "read_reconciliation": ADMIN,
    "read_closing": ADMIN,
    "list_payouts": ADMIN,
    "read_payout": ADMIN,
    "record_payout_result": ADMIN,
    "list_payouts_of_supplier": _supplier_or_admin(Scope.ORDERS),
    "read_payout_terms": ADMIN,
    "put_payout_terms": ADMIN,
    "make_payout_file": ADMIN,
    "read_payout_file": ADMIN,
    "post_ledger_entry": ADMIN,
    "reverse_ledger_entry": ADMIN,
    "list_settlements": ADMIN,
    "settle_attempt": ADMIN,
    "reallocate_order": ADMIN,
    "create_webhook": _supplier_or_admin(Scope.PROFILE),
    "list_webhooks": _supplier_or_admin(Scope.PROFILE),
    "read_webhook": _supplier_or_admin(Scope.PROFILE),
    "change_webhook": _supplier_or_admin(Scope.PROFILE),
    "remove_webhook": _supplier_or_admin(Scope.PROFILE),
    "rotate_webhook_secret": _supplier_or_admin(Scope.PROFILE),
    "ping_webhook": _supplier_or_admin(Scope.PROFILE),
    "list_webhook_deliveries": _supplier_or_admin(Scope.PROFILE),
    "replay_webhook": _supplier_or_admin(Scope.PROFILE),
    "create_channel_webhook": ADMIN,
    "list_channel_webhooks": ADMIN,
    "read_channel_webhook": ADMIN,
    "change_channel_webhook": ADMIN,
    "remove_channel_webhook": ADMIN,
    "rotate_channel_webhook_secret": ADMIN,
    "ping_channel_webhook": ADMIN,
    "list_channel_webhook_deliveries": ADMIN,
    "replay_channel_webhook": ADMIN,
    "list_reviews": ADMIN,
    "read_review": ADMIN,
    "claim_review_case": ADMIN,
    "release_review_case": ADMIN,
    "resolve_review": ADMIN,
    "read_metrics": ADMIN,
    "teach": ADMIN,
    "resolve_reviews": ADMIN,
    "claim_reviews": ADMIN,
    "release_reviews": ADMIN,
    "correct_supplier": ADMIN,
    "suspend_supplier": ADMIN,
    "reinstate_supplier": ADMIN,
    "terminate_supplier": ADMIN,
    "find_brand_holder": ADMIN,
    "correct_offer": ADMIN,
    "read_authorizations": ADMIN,
    "set_authorizations": ADMIN,
    "read_rule_settings": ADMIN,
    "set_rule_settings": ADMIN,
    "list_rule_settings": ADMIN,
    "read_rule_settings_version": ADMIN,
    "reverse_rule_everywhere": ADMIN,
    "list_rule_reversals": ADMIN,
    "read_rule_reversal": ADMIN,
    "list_dead_letters": ADMIN,
    "redrive_dead_letters": ADMIN,
}
"""Operation (the name of its view function) to who may call it."""


@dataclass(frozen=True)
class Caller:
    """Someone whose role is proved. `subject` is the supplier's id, the order's id, or the administrator's
    subject at the identity provider; empty for anyone. `scopes` are those of a supplier's key."""

    role: Role
    subject: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)

    @property
    def name(self) -> str:
        """How the caller is named in histories and as the owner of idempotency keys."""
        return f"{self.role}:{self.subject}" if self.subject else str(self.role)


def authorise(operation: str, *, authorization: str | None, path: Mapping[str, str]) -> Caller:
    """The caller of `operation`, if it may call it on the resource that `path` names.

    Raises Unauthorized without usable credentials, Forbidden where the role is not in the table or the key
    lacks the scope, NotFound where the resource is another's.
    """
    access = ACCESS[operation]
    if Role.ANYONE in access.roles:
        return Caller(Role.ANYONE)
    caller = _identify(_bearer_token(authorization), path)
    if caller.role is Role.SUPPLIER and path.get("supplier_id", caller.subject) != caller.subject:
        raise NotFound
    if caller.role not in access.roles:
        raise Forbidden("FORBIDDEN", "These credentials do not allow this operation.")
    if access.scope is not None:
        require(access.scope, caller)
    return caller


def require(scope: Scope, caller: Caller) -> None:
    """Raise Forbidden where the caller's key lacks the scope."""
    if scope not in caller.scopes:
        raise Forbidden("INSUFFICIENT_SCOPE", f"This needs an API key with the scope {scope}.")


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if not scheme:
        raise Unauthorized(
            "CREDENTIALS_MISSING",
            "Send Authorization: Bearer with an API key, an order token or an administrator's token.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if scheme.lower() != "bearer" or not token.strip():
        raise _invalid()
    return token.strip()


def _identify(token: str, path: Mapping[str, str]) -> Caller:
    if token.startswith("mk_"):
        key = _usable_key(token)
        return Caller(Role.SUPPLIER, key.supplier_id, key.scopes)
    if credentials.is_order_token(token):
        return Caller(Role.ORDER, _order_of_token(token, path.get("order_id")))
    return Caller(Role.ADMIN, _administrator(token))


def _usable_key(token: str) -> ApiKey:
    """The unrevoked API key that this is. Read anew each time, so that revoking works at once; a mistyped one
    is refused without reading."""
    key_id = credentials.key_id_of(token)
    key = api_keys.get(key_id) if key_id else None
    if key is None or key.revoked_at or not credentials.matches(token, key.fingerprint):
        raise _invalid()
    _note_use(key)
    return key


def _note_use(key: ApiKey) -> None:
    """Keep the day of a key's last use, so that its owner sees which are idle; one write a day."""
    today = clock.timestamp()[:10]
    if key.last_used_on == today:
        return
    try:
        commit(api_keys.marking_used(key, day=today))
    except (WriteRefused, Contention):
        return  # another request of today has written the same


def _order_of_token(token: str, order_id: str | None) -> str:
    """The order that the token opens: the one in the path, since a token does not name its order."""
    if order_id is None:
        raise Forbidden("FORBIDDEN", "An order token opens its own order only.")
    if not credentials.order_token_matches(secrets.master_secret(), order_id, token):
        raise NotFound
    return order_id


def _administrator(token: str) -> str:
    try:
        claims = identity.verify(token)
    except identity.InvalidToken as error:
        raise _invalid() from error
    if settings.admin_group() not in claims.groups:
        raise Forbidden("FORBIDDEN", "This account is not an administrator of the marketplace.")
    return claims.subject


def _invalid() -> Unauthorized:
    return Unauthorized(
        "CREDENTIALS_INVALID",
        "These credentials are unknown, expired or revoked.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )
