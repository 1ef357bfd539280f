"""Small things to make and to ask on a local AWS, for the proofs of its patches."""

import io
import json
import time
import urllib.error
import urllib.request
import zipfile
from typing import Any
from uuid import uuid4

from localaws.instance import Emulator

ROLE = "arn:aws:iam::000000000000:role/any"
REPORT = "def handler(event, context): return {'statusCode': 200, 'body': (event.get('body') or '')[:3000]}"


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name.replace("__", "/") + ".py"), text)  # always the same bytes
    return buffer.getvalue()


def function(emulator: Emulator, code: str, **settings: Any) -> str:
    made = emulator.client("lambda").create_function(
        FunctionName=f"f{uuid4().hex}", Runtime="python3.11", Role=ROLE, Handler="main.handler",
        Code={"ZipFile": zipped(main=code)}, **settings,
    )  # fmt: skip
    return made["FunctionArn"]


def call(emulator: Emulator, arn: str) -> Any:
    answer = emulator.client("lambda").invoke(FunctionName=arn, Payload=b"{}")
    return json.loads(answer["Payload"].read())


def stack(emulator: Emulator, resources: dict[str, Any], name: str = "") -> str:
    """Create the stack, or update it when a name is given; answers its name."""
    formation, text = emulator.client("cloudformation"), json.dumps({"Resources": resources})
    write, wait = (
        ("update_stack", "stack_update_complete") if name else ("create_stack", "stack_create_complete")
    )
    name = name or f"s{uuid4().hex}"
    getattr(formation, write)(StackName=name, TemplateBody=text)
    formation.get_waiter(wait).wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    return name


def physical_id(emulator: Emulator, stack_name: str, logical_id: str) -> str:
    detail = emulator.client("cloudformation").describe_stack_resource(
        StackName=stack_name, LogicalResourceId=logical_id
    )
    return detail["StackResourceDetail"]["PhysicalResourceId"]


def definition(arn: str = "", path: str = "/echo", **more: Any) -> dict[str, Any]:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    operation = {"x-amazon-apigateway-integration": integration}
    return {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"post": operation}},
        **more,
    }


def rest_api(**properties: Any) -> dict[str, Any]:
    return {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "t", **properties}}}


def echo_address(emulator: Emulator) -> str:
    body = definition(function(emulator, REPORT))
    api = physical_id(emulator, stack(emulator, rest_api(Body=body, MinimumCompressionSize=1000)), "Api")
    emulator.client("apigateway").create_deployment(restApiId=api, stageName="v1")
    return f"{emulator.url}/_aws/execute-api/{api}/v1/echo"


def post(url: str, body: bytes, **headers: str) -> tuple[int, bytes, str | None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, named)) as answer:
            return answer.status, answer.read(), answer.headers["Content-Encoding"]
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read(), None


def streaming_table(name: str) -> dict[str, Any]:
    return {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "SSESpecification": {"SSEEnabled": True},
            },
        }
    }


PASS = {"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}}
LINGER = {"StartAt": "Go", "States": {"Go": {"Type": "Wait", "Seconds": 300, "End": True}}}
"""Takes three seconds, for the emulator waits a hundredth of the time."""


def piped_table(emulator: Emulator, name: str, flow: dict[str, Any] = PASS) -> None:
    """A table whose items with `wanted` start the state machine of the same name, two at a time."""
    pattern = {"dynamodb": {"NewImage": {"wanted": {"S": ["yes"]}}}}
    pipe = {
        "RoleArn": ROLE,
        "Source": {"Fn::GetAtt": ["Table", "StreamArn"]},
        "SourceParameters": {
            "DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON", "BatchSize": 2},
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]},
        },
        "Target": {"Ref": "Machine"},
    }
    machine = {"StateMachineName": name, "RoleArn": ROLE, "DefinitionString": json.dumps(flow)}
    stack(
        emulator,
        streaming_table(name)
        | {
            "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
            "Pipe": {"Type": "AWS::Pipes::Pipe", "Properties": pipe},
        },
    )


def put(emulator: Emulator, table: str, key: str, wanted: str = "yes") -> None:
    emulator.client("dynamodb").put_item(TableName=table, Item={"PK": {"S": key}, "wanted": {"S": wanted}})


def batches(emulator: Emulator, machine: str, at_least: int, patience: float = 4.0) -> list[list[str]]:
    """The keys of the records of each execution, oldest first, once there are enough or patience ends."""
    steps = emulator.client("stepfunctions")
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:{machine}"
    deadline = time.monotonic() + patience
    while True:
        started = sorted(
            steps.list_executions(stateMachineArn=arn)["executions"], key=lambda one: one["startDate"]
        )
        inputs = [
            json.loads(steps.describe_execution(executionArn=one["executionArn"])["input"]) for one in started
        ]
        found = [[record["dynamodb"]["Keys"]["PK"]["S"] for record in records] for records in inputs]
        if sum(map(len, found)) >= at_least or time.monotonic() > deadline:
            return found
        time.sleep(0.02)
