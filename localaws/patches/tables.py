"""DynamoDB tables made by CloudFormation."""

from typing import Any

from ministack.services import dynamodb
from ministack.services.cloudformation import provisioners


def table_settings_are_dropped() -> None:
    """Time to live, point-in-time recovery and encryption of a template's table are not set."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]
    stock_create, stock_update = handlers["create"], handlers["update"]

    def create(logical_id: str, properties: dict, stack: str) -> Any:
        made = stock_create(logical_id, properties, stack)
        _apply_settings(made[0], properties)
        return made

    def update(name: str, old: dict, new: dict, stack: str, logical_id: str | None = None) -> Any:
        made = stock_update(name, old, new, stack, logical_id)
        _apply_settings(made[0], new)
        return made

    handlers["create"], handlers["update"] = create, update


def _apply_settings(name: str, properties: dict[str, Any]) -> None:
    if expiry := properties.get("TimeToLiveSpecification"):
        expiry = {**expiry, "Enabled": _is_true(expiry.get("Enabled"))}
        dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry})
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        recovery = {"PointInTimeRecoveryEnabled": _is_true(recovery.get("PointInTimeRecoveryEnabled"))}
        dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": recovery})
    if encryption := properties.get("SSESpecification"):
        encryption = {**encryption, "Enabled": _is_true(encryption.get("SSEEnabled"))}
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(encryption)


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"  # a template's true arrives as a string


PATCHES = (table_settings_are_dropped,)
