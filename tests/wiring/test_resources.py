"""resources.yaml: a stack of its own that holds everything but the functions."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import app
from deploy.build import APP_NAME, narrowed
from deploy.environment import EVENT_SOURCES, from_outputs, variable

ROOT = Path(__file__).parents[2]
PATH = ROOT / ".chalice" / "resources.yaml"
TEMPLATE = yaml.safe_load(PATH.read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
POLICIES = sorted((ROOT / ".chalice" / "policies").glob("*.json"))
# What a function's code reads; AWS_REGION and the like come from Lambda.
VARIABLES = {
    "STAGE", "TABLE_NAME", "REVIEW_QUEUE_URL", "DISPATCH_QUEUE_URL", "INVENTORY_QUEUE_URL",
    "REVIEW_DEAD_LETTERS_URL", "INVENTORY_DEAD_LETTERS_URL",
    "DISPATCH_DEAD_LETTERS_URL", "VALIDATION_DEAD_LETTERS_URL", "STREAM_DEAD_LETTERS_URL", "EVENT_BUS_NAME",
    "MASTER_SECRET_ID", "ADMIN_ISSUER", "ADMIN_JWKS_URL", "ADMIN_AUDIENCE", "ADMIN_GROUP",
    "ALLOWED_PRIVATE_HOSTS", "REMOTE_CHECKS", "LOG_LEVEL", "IMPORT_QUEUE_URL", "IMPORT_DEAD_LETTERS_URL",
    "FEED_BUCKET_NAME", "REVERSAL_QUEUE_URL", "REVERSAL_DEAD_LETTERS_URL",
    "REALLOCATION_QUEUE_URL", "REALLOCATION_DEAD_LETTERS_URL", "MAX_SUPPLIERS_PER_LINE",
    "SUPPLIER_CALLS_AT_ONCE", "SUSPEND_ABOVE_REFUSED_PERCENT", "SUSPEND_LEAST_LINES",
    "SUSPEND_AFTER_UNREACHABLE_HOURS", "DELIVERED_AFTER_DAYS", "RETURN_WINDOW_DAYS",
    "ACCEPT_WITHIN_HOURS", "REALLOCATE_WITHIN_HOURS",
    "WEBHOOK_QUEUE_URL", "WEBHOOK_DEAD_LETTERS_URL",
    "SPLIT_COST", "TAX_COLLECTOR",  "HANDLING_DAY_COST", "REFUSAL_COST_PERCENT", "TRANSIT_DAYS",
    "CONTENTION_SECONDS", "PAYMENT_WITHIN_MINUTES",
    "ACCOUNTING_QUEUE_URL", "ACCOUNTING_DEAD_LETTERS_URL", "STATEMENT_CYCLE", "CLOSE_AFTER_SECONDS",
    "CLOSE_PERIODS", "MINIMUM_PAYOUT", "PAYOUT_RESERVE_PERCENT", "KYB_REQUIRED", "PAYER_NAME", "PAYER_IBAN",
    "PAYER_BIC", "MARKETPLACE_NAME",
}  # fmt: skip


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == kind}


def test_it_is_sound_by_itself():
    checked = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", str(PATH)], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


def test_it_refers_to_functions_by_name_only_so_that_it_can_come_first():
    assert not of_type("AWS::Serverless::Function")
    assert not of_type("AWS::Lambda::Function")


def test_it_is_short_enough_to_be_sent_as_it_is():
    assert len(PATH.read_bytes()) < 51_200


def test_every_output_is_a_variable_and_every_variable_an_output():
    assert {variable(name) for name in TEMPLATE["Outputs"]} == {*VARIABLES, *EVENT_SOURCES}


def test_outputs_become_variables_but_the_event_sources_are_kept_from_the_functions():
    outputs = {name: name.lower() for name in TEMPLATE["Outputs"]}

    variables, sources = from_outputs(outputs)

    assert set(variables) == VARIABLES
    assert set(sources) == set(EVENT_SOURCES)


def test_the_table_keeps_its_data_its_history_and_its_stream():
    table = RESOURCES["Table"]
    properties = table["Properties"]

    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "EncryptionKeyArn" in json.dumps(properties["SSESpecification"])


def test_the_pipe_passes_what_waits_for_validation_in_batches_with_an_end_to_its_patience():
    (pipe,) = of_type("AWS::Pipes::Pipe").values()
    source = pipe["SourceParameters"]["DynamoDBStreamParameters"]
    (pattern,) = (json.loads(one["Pattern"]) for one in pipe["SourceParameters"]["FilterCriteria"]["Filters"])

    assert pattern["dynamodb"]["NewImage"]["validation_state"] == {"S": ["PENDING"]}
    assert source["BatchSize"] > 1
    assert source["MaximumRetryAttempts"] > 0
    assert source["MaximumRecordAgeInSeconds"] > 0
    assert source["DeadLetterConfig"]


def test_the_pipe_sends_keys_and_versions_and_nothing_else():
    (pipe,) = of_type("AWS::Pipes::Pipe").values()
    template = pipe["TargetParameters"]["InputTemplate"]

    sent = json.loads(re.sub(r"<(\$[^>]+)>", r'"\1"', template))

    assert set(sent) == {"pk", "sk", "kind", "version", "correlation_id"}
    assert sent["version"] == "$.dynamodb.NewImage.version.N"


def test_every_queue_has_a_dead_letter_queue_of_its_own():
    queues = of_type("AWS::SQS::Queue")
    working = {name for name in queues if not name.endswith("DeadLetters")}

    targets = [queues[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for name in working]

    assert working == {
        "ReviewQueue",
        "DispatchQueue",
        "ReallocationQueue",
        "WebhookQueue",
        "ImportQueue",
        "ReversalQueue",
        "InventoryQueue",
        "AccountingQueue",
    }
    assert sorted(targets) == [
        "AccountingDeadLetters",
        "DispatchDeadLetters",
        "ImportDeadLetters",
        "InventoryDeadLetters",
        "ReallocationDeadLetters",
        "ReversalDeadLetters",
        "ReviewDeadLetters",
        "WebhookDeadLetters",
    ]


@pytest.mark.parametrize(
    ("queue", "function"),
    [
        ("ReviewQueue", "on_review"),
        ("DispatchQueue", "on_dispatch"),
        ("ReallocationQueue", "on_reallocation"),
        ("WebhookQueue", "on_webhook"),
        ("ImportQueue", "on_import"),
        ("ReversalQueue", "on_reversal"),
        ("InventoryQueue", "on_inventory"),
        ("AccountingQueue", "on_accounting"),
    ],
)
def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(queue: str, function: str):
    limit = CONFIG["lambda_functions"][function]["lambda_timeout"]

    assert RESOURCES[queue]["Properties"]["VisibilityTimeout"] == 6 * limit


def test_feeds_are_kept_private_encrypted_and_for_a_while():
    (bucket,) = of_type("AWS::S3::Bucket").values()
    (policy,) = of_type("AWS::S3::BucketPolicy").values()
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["BucketEncryption"]
    assert rule["ExpirationInDays"] <= 90
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_an_upload_is_told_to_the_import_queue_and_by_this_bucket_only():
    (bucket,) = of_type("AWS::S3::Bucket").values()
    (policy,) = of_type("AWS::SQS::QueuePolicy").values()
    (told,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert told["Queue"] == {"Fn::GetAtt": ["ImportQueue", "Arn"]}
    assert statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Sub"].endswith(
        bucket["BucketName"]["Fn::Sub"]
    )


def test_every_function_has_a_log_group_that_forgets():
    groups = {group["LogGroupName"]["Fn::Sub"]: group for group in of_type("AWS::Logs::LogGroup").values()}
    functions = ["", *(f"-{one.name}" for one in (*app.pure_lambda_functions, *app.event_sources))]

    assert {f"/aws/lambda/{APP_NAME}-${{Stage}}{name}" for name in functions} <= set(groups)
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())


def test_administrators_sign_in_through_a_pool_of_their_own():
    (client,) = of_type("AWS::Cognito::UserPoolClient").values()
    (group,) = of_type("AWS::Cognito::UserPoolGroup").values()

    assert {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"} <= set(client["ExplicitAuthFlows"])
    assert group["GroupName"] == {"Ref": "AdminGroup"}


def test_whatever_can_carry_tags_does():
    cannot = {
        "AWS::Cognito::UserPoolClient",
        "AWS::Cognito::UserPoolGroup",
        "AWS::SQS::QueuePolicy",
        "AWS::S3::BucketPolicy",
    }

    untagged = [
        name
        for name, one in RESOURCES.items()
        if one["Type"] not in cannot and not {"Tags", "UserPoolTags"} & set(one["Properties"])
    ]

    assert not untagged


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_names_its_actions_and_nothing_outside_the_marketplace(path: Path):
    for statement in json.loads(path.read_text())["Statement"]:
        assert not [action for action in statement["Action"] if "*" in action]
        # A customer's key has a name of the customer's; it may be used through these services only.
        if statement["Resource"] == ["arn:aws:kms:*:*:key/*"]:
            assert statement["Condition"]["StringLike"]["kms:ViaService"]
            continue
        assert all(f"{APP_NAME}-*" in resource for resource in statement["Resource"])


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_stage_reaches_nothing_of_another_stage(path: Path):
    policy = json.loads(narrowed(path.read_text(), "dev"))
    resources = [resource for statement in policy["Statement"] for resource in statement["Resource"]]

    ours = [resource for resource in resources if APP_NAME in resource]

    assert ours
    assert not [resource for resource in ours if f"{APP_NAME}-*" in resource]
    assert all(re.search(rf"{APP_NAME}-dev(-|/|:|\*:|$)", resource) for resource in ours)
