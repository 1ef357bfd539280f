"""The copy of the project that Chalice packages: one stage's settings, nothing for developers only."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import archives

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / ".chalice" / "resources.yaml"
APP_NAME = "marketplace"
STAGES = ROOT / "build" / "stages"

# What a policy's resource names become in one stage's copy; the more special first.
_NARROWED = (
    ("table/marketplace-*", "table/marketplace-{stage}"),
    ("event-bus/marketplace-*", "event-bus/marketplace-{stage}"),
    ("/aws/lambda/marketplace-*", "/aws/lambda/marketplace-{stage}*"),
    ("marketplace-*-", "marketplace-{stage}-"),
)


class DeploymentError(Exception):
    """Something that the person who deploys can put right; the message says how."""


def project_copy(stage: str, *, environment: Mapping[str, str] | None = None, native: bool = False) -> Path:
    """A fresh copy of the project for one stage, ready for `chalice`, with both of its archives built.

    `environment` becomes the functions' variables; `native` builds the dependencies for this machine (an
    emulator runs them here) instead of for Lambda.
    """
    copy = STAGES / stage
    shutil.rmtree(copy, ignore_errors=True)
    (copy / ".chalice" / "deployments").mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "chalicelib", copy / "chalicelib", ignore=ignored)
    for name in ("app.py", "requirements.txt"):
        shutil.copy(ROOT / name, copy / name)
    _write_settings(copy, stage, environment or {})
    archives.build(copy, cache=ROOT / "build" / "layers", native=native)
    return copy


def narrowed(policy: str, stage: str) -> str:
    """A policy's text with the names of one stage instead of those of all."""
    for every_stage, one_stage in _NARROWED:
        policy = policy.replace(every_stage, one_stage.format(stage=stage))
    return policy


def run_chalice(
    copy: Path, arguments: Sequence[str], *, variables: Mapping[str, str], quiet: bool = False
) -> None:
    """Run the Chalice command in a project copy. Raises DeploymentError when it fails."""
    script = "import sys; from chalice.cli import main; sys.exit(main())"
    _run_python([script, *arguments], copy, variables, stdout=subprocess.DEVNULL if quiet else None)


def handlers(copy: Path, *, variables: Mapping[str, str]) -> dict[str, str]:
    """The handler string of every function of the app but the one that serves HTTP."""
    script = (
        "import json; from app import app; "
        "every = [*app.pure_lambda_functions, *app.event_sources]; "
        "print(json.dumps({one.name: one.handler_string for one in every}))"
    )
    return json.loads(_run_python([script], copy, variables, stdout=subprocess.PIPE))


def _run_python(
    script: Sequence[str], copy: Path, variables: Mapping[str, str], *, stdout: int | None
) -> str:
    """Run a script with its arguments in a project copy; in a process of its own, for it imports the app."""
    finished = subprocess.run(
        [sys.executable, "-c", *script],
        cwd=copy,
        env={**os.environ, **variables},
        stdout=stdout,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise DeploymentError("Chalice failed; its own message is above.")
    return finished.stdout or ""


def _write_settings(copy: Path, stage: str, environment: Mapping[str, str]) -> None:
    source = ROOT / ".chalice"
    config = json.loads((source / "config.json").read_text())
    settings = config.setdefault("stages", {}).setdefault(stage, {})
    settings["environment_variables"] = dict(environment)
    settings["tags"] = {**settings.get("tags", {}), "stage": stage}
    (copy / ".chalice" / "config.json").write_text(json.dumps(config, indent=2))
    (copy / ".chalice" / "policies").mkdir()
    for policy in (source / "policies").glob("*.json"):
        (copy / ".chalice" / "policies" / policy.name).write_text(narrowed(policy.read_text(), stage))
