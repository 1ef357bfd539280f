"""The settings of the validation rules, and the undoing of what one of them corrected."""

from chalice import Blueprint

from chalicelib.api.answers import Answer
from chalicelib.api.http import JSON_BODY, Call, endpoint
from chalicelib.api.preconditions import etag
from chalicelib.api.schemas import rules as schemas
from chalicelib.api.schemas.common import PageQuerySchema
from chalicelib.services import change_rule_settings, idempotency, reverse_rule

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


@bp.route("/admin/rule-settings/versions/{version}")
@endpoint("Read what one version of the settings says", answers={200: schemas.RuleSettingsVersionSchema()})
def read_rule_settings_version(_call: Call, version: str) -> Answer:
    return Answer(200, change_rule_settings.read_version(version))


@bp.route("/admin/rules/{rule}/reversals", methods=["POST"], content_types=JSON_BODY)
@endpoint(
    "Undo what a rule corrected, in all the catalogue, in the background; set the rule first",
    body=schemas.NewRuleReversalSchema(),
    answers={202: schemas.RuleReversalSchema()},
    idempotency_key="optional",
)
def reverse_rule_everywhere(call: Call, rule: str) -> Answer:
    marked = idempotency.request(
        call.idempotency_key,
        caller=call.caller.name,
        route=f"POST /admin/rules/{rule}/reversals",
        body=call.body,
    )
    outcome = reverse_rule.start(rule, reason=call.body["reason"], actor=call.caller.name, marked=marked)
    location = f"/admin/rules/{rule}/reversals/{outcome.answer['reversal_id']}"
    return Answer(202, outcome.answer, location=location, replayed=outcome.replayed)


@bp.route("/admin/rules/{rule}/reversals")
@endpoint(
    "List when a rule's corrections were undone, newest first",
    query=PageQuerySchema(),
    answers={200: schemas.RuleReversalPageSchema()},
)
def list_rule_reversals(call: Call, rule: str) -> Answer:
    return Answer(200, reverse_rule.page(rule, limit=call.query["limit"], cursor=call.query.get("cursor")))


@bp.route("/admin/rules/{rule}/reversals/{reversal_id}")
@endpoint("Read how far it is", answers={200: schemas.RuleReversalSchema()})
def read_rule_reversal(_call: Call, rule: str, reversal_id: str) -> Answer:
    reversal = reverse_rule.read(rule, reversal_id)
    return Answer(200, reversal, etag=etag(reversal["version"]))
