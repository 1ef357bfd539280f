"""Lambda imports a handler's module by its string and runs nothing else: app.py never runs there."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from chalice.deploy.validate import validate_route_content_types, validate_routes

from app import app

ROOT = Path(__file__).parents[2]
CONFIG = json.loads((ROOT / ".chalice" / "config.json").read_text())
HANDLERS = {one.name: one.handler_string for one in (*app.pure_lambda_functions, *app.event_sources)}
ENTRY_MODULES = sorted({"app", *(handler.rpartition(".")[0] for handler in HANDLERS.values())})


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_string_names_a_function_that_can_be_called(name: str):
    module, _, function = HANDLERS[name].rpartition(".")

    assert callable(getattr(import_module(module), function))
    assert function == name, "the packaged function is named after its handler"


@pytest.mark.parametrize("module", [module for module in ENTRY_MODULES if module != "app"])
def test_a_handler_module_imports_alone_and_without_any_setting(module: str):
    script = f"import sys, {module}; sys.exit('app' in sys.modules)"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    alone = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)

    assert alone.returncode == 0, alone.stderr.decode()


def test_the_app_imports_without_any_setting():
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    alone = subprocess.run(
        [sys.executable, "-c", "import app"], env=environment, capture_output=True, check=False
    )

    assert alone.returncode == 0, alone.stderr.decode()


def test_the_app_is_one_that_chalice_deploys():
    validate_routes(app.routes)
    validate_route_content_types(app.routes, app.api.binary_types)


def test_every_function_has_settings_and_a_policy_of_its_own_and_no_setting_is_left_over():
    functions = CONFIG["lambda_functions"]

    assert set(functions) == {*HANDLERS, "api_handler"}
    for settings in functions.values():
        assert (ROOT / ".chalice" / settings["iam_policy_file"]).exists()
