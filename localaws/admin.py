"""The administrator of a local marketplace: one user of its user pool, with a password made here."""

import secrets
from contextlib import suppress
from pathlib import Path

from localaws.instance import Emulator

USERNAME = "admin@marketplace.example"
_GROUP = "marketplace-admins"


def sign_in(emulator: Emulator, *, user_pool_id: str, client_id: str) -> str:
    """Make sure that the administrator exists, and answer an access token of theirs."""
    pool, password = emulator.client("cognito-idp"), _password(emulator.home / "admin-password")
    who = {"UserPoolId": user_pool_id, "Username": USERNAME}
    with suppress(pool.exceptions.UsernameExistsException):
        pool.admin_create_user(**who, MessageAction="SUPPRESS")
    pool.admin_set_user_password(**who, Password=password, Permanent=True)
    pool.admin_add_user_to_group(**who, GroupName=_GROUP)
    answer = pool.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": USERNAME, "PASSWORD": password},
    )
    return answer["AuthenticationResult"]["AccessToken"]


def _password(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"Aa1{secrets.token_urlsafe(24)}")
    return file.read_text()
