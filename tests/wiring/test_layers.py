"""Who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "chalicelib"

# The layers that a layer may import, beside itself. What is in none of them (settings, clock, telemetry, …)
# is shared by all but the domain, which is pure.
MAY_IMPORT = {
    "domain": set(),
    "storage": {"domain"},
    "clients": {"domain"},
    "feeds": {"domain"},
    "bodies": {"domain"},
    "services": {"domain", "storage", "clients", "feeds", "bodies"},
    "api": {"domain", "bodies", "services"},
    "events": {"domain", "services"},
    "steps": {"domain", "services"},
}
ONLY_IN = {
    "chalice": {"api", "events", "steps", "app"},
    "pynamodb": {"storage"},
    "requests": {"clients"},
    "boto3": {"clients"},
    "botocore": {"clients", "storage"},  # PynamoDB's client takes botocore's settings
}
IMPURE = {"boto3", "botocore", "os", "pynamodb", "random", "requests", "secrets", "socket", "time", "ulid"}

MODULES = sorted([ROOT / "app.py", *PACKAGE.rglob("*.py")])


def layer_of(path: Path) -> str:
    """`domain` of chalicelib/domain/money.py, `shared` of chalicelib/clock.py, `app` of app.py."""
    if path == ROOT / "app.py":
        return "app"
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else "shared"


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layer"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(path) in MAY_IMPORT], ids=named)
def test_a_layer_imports_only_the_layers_below_it(path: Path):
    layer = layer_of(path)
    allowed = MAY_IMPORT[layer] | {layer}
    ours = [name.split(".") for name in imported_by(path) if name.startswith("chalicelib.")]

    wrong = [".".join(name) for name in ours if name[1] in MAY_IMPORT and name[1] not in allowed]

    assert not wrong


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_library_is_imported_only_where_it_belongs(path: Path):
    found = {name.split(".")[0] for name in imported_by(path)}

    wrong = [library for library in found & set(ONLY_IN) if layer_of(path) not in ONLY_IN[library]]

    assert not wrong


@pytest.mark.parametrize("path", [path for path in MODULES if layer_of(path) == "domain"], ids=named)
def test_the_domain_reaches_for_nothing_outside_itself(path: Path):
    names = set(imported_by(path))

    assert not {name.split(".")[0] for name in names} & IMPURE
    assert all(name.startswith("chalicelib.domain") for name in names if name.startswith("chalicelib"))


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "clock.py"], ids=named)
def test_only_the_clock_tells_the_time_of_day(path: Path):
    calls = (
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    )

    assert not {"datetime.now", "datetime.utcnow", "datetime.datetime.now", "time.time"} & set(calls)


def test_the_app_is_wiring_only():
    source = (ROOT / "app.py").read_text()

    assert len(source.splitlines()) < 60
    assert not [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
