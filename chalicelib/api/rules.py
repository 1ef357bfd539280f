"""The settings of the validation rules."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import rules as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import change_rule_settings

bp = Blueprint(__name__)


@bp.route("/admin/rule-settings")
@endpoint("Read every validation rule with its settings", answers={200: schemas.RuleSettingsSchema()})
def read_rule_settings(_call: Call) -> Answer:
    settings = change_rule_settings.read()
    return Answer(200, settings, etag=etag(settings["version"]))


@bp.route("/admin/rule-settings", methods=["PUT"], content_types=JSON_BODY)
@endpoint(
    "Set the rules' settings; adds a version",
    body=schemas.NewRuleSettingsSchema(),
    answers={200: schemas.RuleSettingsSchema()},
    if_match="required",
)
def set_rule_settings(call: Call) -> Answer:
    assert call.expected is not None  # noqa: S101 - required above
    settings = change_rule_settings.change(
        {"rules": call.body["rules"]},
        reason=call.body["reason"],
        actor=call.caller.name,
        expected=call.expected,
    )
    return Answer(200, settings, etag=etag(settings["version"]))


@bp.route("/admin/rule-settings/versions")
@endpoint(
    "List the versions of the settings, newest first",
    query=PageQuerySchema(),
    answers={200: schemas.RuleSettingsPageSchema()},
)
def list_rule_settings(call: Call) -> Answer:
    page = change_rule_settings.versions(limit=call.query["limit"], cursor=call.query.get("cursor"))
    return Answer(200, page)
