"""Every patch of the local AWS: what it mends, and that the stock emulator still needs it.

Each proof runs against both. When the stock emulator no longer shows a defect, drop the patch with its proof.
"""

import ast
import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from local_aws_parts import (
    LINGER,
    ROLE,
    batches,
    call,
    definition,
    echo_address,
    function,
    physical_id,
    piped_table,
    post,
    put,
    rest_api,
    stack,
    streaming_table,
    zipped,
)

from localaws.instance import PROJECT, Emulator, free_port


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Emulator]]:
    """The emulator as it comes and as this project runs it."""
    emulators = {
        "stock": Emulator(tmp_path_factory.mktemp("stock"), free_port(), stock=True, save_every_s=0.2),
        "patched": Emulator(tmp_path_factory.mktemp("patched"), free_port(), save_every_s=0.2),
    }
    for emulator in emulators.values():
        emulator.start()
    yield emulators
    for emulator in emulators.values():
        emulator.stop()


def exception_loses_its_class(emulator: Emulator) -> str:
    return call(emulator, function(emulator, "def handler(event, context): return {}['x']"))["errorType"]


def every_call_waits_for_a_log_line(emulator: Emulator) -> bool:
    arn = function(emulator, "def handler(event, context): return 1")
    call(emulator, arn)
    return quickest(10, lambda _: call(emulator, arn)) >= 0.05


def every_worker_unpacks_code_and_layers_anew(emulator: Emulator) -> bool:
    layer = emulator.client("lambda").publish_layer_version(
        LayerName="l", Content={"ZipFile": zipped(python__library="X = 1")}
    )["LayerVersionArn"]
    code = "import library\ndef handler(event, context): return [__file__, library.__file__]"
    one, other = (call(emulator, function(emulator, code, Layers=[layer])) for _ in range(2))
    return one != other


def emulators_packages_shadow_the_layers(emulator: Emulator) -> bool:
    code = "import importlib.util as u\ndef handler(event, context): return bool(u.find_spec('ministack'))"
    return call(emulator, function(emulator, code))


def import_drops_binary_media_types(emulator: Emulator) -> list[str] | None:
    body = definition(**{"x-amazon-apigateway-binary-media-types": ["image/png"]})
    api = physical_id(emulator, stack(emulator, rest_api(Body=body)), "Api")
    return emulator.client("apigateway").get_rest_api(restApiId=api).get("binaryMediaTypes") or None


def import_over_http_makes_an_empty_api(emulator: Emulator) -> set[str]:
    gateway = emulator.client("apigateway")
    api = gateway.import_rest_api(body=json.dumps(definition()).encode())["id"]
    return {resource["path"] for resource in gateway.get_resources(restApiId=api)["items"]}


def api_id_changes_with_the_template(emulator: Emulator) -> bool:
    name = stack(emulator, rest_api(Body=definition(path="/one")))
    before = physical_id(emulator, name, "Api")
    stack(emulator, rest_api(Body=definition(path="/two")), name)
    return physical_id(emulator, name, "Api") != before


def bodies_are_never_compressed(emulator: Emulator) -> tuple[bool, str | None]:
    sent, headers = b"x" * 3000, {"Content_Encoding": "gzip", "Accept_Encoding": "gzip"}
    _, content, encoding = post(echo_address(emulator), gzip.compress(sent), **headers)
    return (gzip.decompress(content) if encoding else content) == sent, encoding


def requests_have_no_limits(emulator: Emulator) -> int:
    return post(echo_address(emulator), b"x" * (10 * 1024 * 1024 + 1))[0]


def pipe_ignores_filter_and_batch_size(emulator: Emulator) -> tuple[list[str], bool]:
    name = f"p{uuid4().hex}"
    piped_table(emulator, name)
    for key in "abcdef":
        put(emulator, name, key, wanted="no" if key == "a" else "yes")
    found = batches(emulator, name, at_least=5)
    return sorted(key for batch in found for key in batch), any(len(batch) > 2 for batch in found)


def pipe_polls_once_a_second(emulator: Emulator) -> bool:
    name = f"p{uuid4().hex}"
    piped_table(emulator, name)

    def wait_for_the_next_look(count: int) -> None:
        put(emulator, name, str(count))
        batches(emulator, name, at_least=count)

    wait_for_the_next_look(1)
    return quickest(3, lambda round_: wait_for_the_next_look(round_ + 2)) > 0.6


def pipe_starts_executions_without_bound(emulator: Emulator) -> list[list[str]]:
    name = f"p{uuid4().hex}"
    piped_table(emulator, name, LINGER)
    for count, key in enumerate("abcd", start=1):
        put(emulator, name, key)
        batches(emulator, name, at_least=count, patience=1.2)
    return batches(emulator, name, at_least=4)


def readers_skip_records_after_a_restart(emulator: Emulator) -> list[list[str]]:
    name = f"p{uuid4().hex}"
    piped_table(emulator, name)
    put(emulator, name, "before")
    batches(emulator, name, at_least=1)
    emulator.stop()
    emulator.start()
    put(emulator, name, "after")
    return [batch for batch in batches(emulator, name, at_least=2, patience=6) if batch != ["before"]]


def table_settings_are_dropped(emulator: Emulator) -> tuple[str, str, str]:
    name = f"t{uuid4().hex}"
    stack(emulator, streaming_table(name))
    tables = emulator.client("dynamodb")
    recovery = tables.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return (
        tables.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"],
        recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        tables.describe_table(TableName=name)["Table"].get("SSEDescription", {}).get("Status", "DISABLED"),
    )


def web_pages_can_drive_the_control_plane(emulator: Emulator) -> int:
    return post(f"{emulator.url}/", b"Action=ListUsers&Version=2010-05-08", Origin="https://example.com")[0]


def state_is_saved_only_at_the_end(emulator: Emulator) -> bool:
    fragile = another(emulator)
    fragile.start()
    fragile.client("sqs").create_queue(QueueName="kept")
    time.sleep(1)
    fragile.kill()
    fragile.start()
    lost = not fragile.client("sqs").list_queues().get("QueueUrls")
    fragile.stop()
    return lost


def queues_are_lost_to_their_mappings_on_another_port(emulator: Emulator) -> bool:
    before = another(emulator)
    before.start()
    before.client("sqs").create_queue(QueueName="moved")
    before.stop()
    after = replace(before, port=free_port())
    after.start()
    (address,) = after.client("sqs").list_queues()["QueueUrls"]
    after.stop()
    return not address.startswith(after.url)


def another(emulator: Emulator) -> Emulator:
    """One of the same kind with a home of its own."""
    home = emulator.home / uuid4().hex
    home.mkdir()
    return replace(emulator, home=home, port=free_port())


def every_execution_starts_late(emulator: Emulator) -> bool:
    name = f"m{uuid4().hex}"
    flow = {"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}}
    steps = emulator.client("stepfunctions")
    arn = steps.create_state_machine(name=name, definition=json.dumps(flow), roleArn=ROLE)["stateMachineArn"]

    def execute(_round: int) -> None:
        execution = steps.start_execution(stateMachineArn=arn)["executionArn"]
        while steps.describe_execution(executionArn=execution)["status"] == "RUNNING":
            time.sleep(0.005)

    return quickest(5, execute) >= 0.15


def quickest(rounds: int, act: Callable[[int], Any]) -> float:
    """How long the quickest of them took: on a busy machine the one that tells most."""
    times = []
    for number in range(rounds):
        started = time.monotonic()
        act(number)
        times.append(time.monotonic() - started)
    return min(times)


PROOFS: dict[Callable[[Emulator], Any], tuple[Any, Any]] = {  # what AWS does and what the stock emulator does
    exception_loses_its_class: ("KeyError", "Runtime.HandlerError"),
    every_call_waits_for_a_log_line: (False, True),
    every_worker_unpacks_code_and_layers_anew: (False, True),
    emulators_packages_shadow_the_layers: (False, True),
    import_drops_binary_media_types: (["image/png"], None),
    import_over_http_makes_an_empty_api: ({"/", "/echo"}, {"/"}),
    api_id_changes_with_the_template: (False, True),
    bodies_are_never_compressed: ((True, "gzip"), (False, None)),
    requests_have_no_limits: (413, 200),
    pipe_ignores_filter_and_batch_size: ((list("bcdef"), False), (list("abcdef"), True)),
    pipe_starts_executions_without_bound: ([["a"], ["b"], ["c", "d"]], [["a"], ["b"], ["c"], ["d"]]),
    pipe_polls_once_a_second: (False, True),
    readers_skip_records_after_a_restart: ([["after"]], []),
    table_settings_are_dropped: (("ENABLED",) * 3, ("DISABLED",) * 3),
    web_pages_can_drive_the_control_plane: (403, 200),
    state_is_saved_only_at_the_end: (False, True),
    queues_are_lost_to_their_mappings_on_another_port: (False, True),
    every_execution_starts_late: (False, True),
}


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.__name__)
def test_patch_mends_what_the_stock_emulator_still_has(
    proof: Callable[[Emulator], Any], pair: dict[str, Emulator]
) -> None:
    mended, defect = PROOFS[proof]

    assert proof(pair["patched"]) == mended
    assert proof(pair["stock"]) == defect, "the stock emulator has mended this: drop the patch"


def test_every_patch_has_its_proof() -> None:
    names = set()
    for module in Path(PROJECT, "localaws", "patches").glob("*.py"):
        for statement in ast.parse(module.read_text()).body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "PATCHES":
                names |= {ast.unparse(patch) for patch in statement.value.elts}

    assert names == {proof.__name__ for proof in PROOFS}
