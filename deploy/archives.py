"""The two archives that functions run from: the app, and its dependencies as a layer.

Chalice takes an archive that already lies where it would put its own. Ours hold compiled modules (they halve
a cold start), leave out the data of AWS services that are not used, build in seconds, and are the same for
the same sources, byte for byte.
"""

import compileall
import hashlib
import platform
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import chalice.app
from chalice.deploy.packager import AppOnlyDeploymentPackager, LayerDeploymentPackager
from chalice.utils import UI, OSUtils

# Clients that the app may make. botocore knows four hundred services in 25 MB.
_SERVICES = frozenset(
    {
        "cognito-idp",
        "dynamodb",
        "events",
        "kms",
        "lambda",
        "s3",
        "secretsmanager",
        "sqs",
        "stepfunctions",
        "sts",
    }
)
# Where a number was sold and what its region is called: never asked.
_UNUSED = ("phonenumbers/geodata", "phonenumbers/carrierdata", "phonenumbers/tzdata", "bin")
_LAMBDA_PLATFORM = "manylinux2014_x86_64"
_FORMAT = "1"  # part of the layer's cache key; a change to how layers are built takes the next number


def build(project: Path, *, cache: Path, native: bool) -> None:
    """Put both archives of `project` where Chalice looks for them before it would build its own."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    app = Path(_packager(AppOnlyDeploymentPackager).deployment_package_filename(str(project), version))
    layer = Path(_packager(LayerDeploymentPackager).deployment_package_filename(str(project), version))
    _write_app(project, app)
    shutil.copy(_layer(project / "requirements.txt", cache=cache, version=version, native=native), layer)


def _packager(kind: type) -> AppOnlyDeploymentPackager | LayerDeploymentPackager:
    return kind(OSUtils(), None, UI())


def _write_app(project: Path, archive: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        shutil.copy(project / "app.py", tree)
        shutil.copytree(project / "chalicelib", tree / "chalicelib")
        (tree / "chalice").mkdir()
        for name in ("__init__.py", "app.py"):
            shutil.copy(Path(chalice.app.__file__).parent / name, tree / "chalice")
        _compile(tree)
        _zip(tree, archive, prefix="")


def _layer(requirements: Path, *, cache: Path, version: str, native: bool) -> Path:
    target = f"{sys.platform}-{platform.machine()}" if native else _LAMBDA_PLATFORM
    key = hashlib.sha256("|".join((_FORMAT, target, version, requirements.read_text())).encode()).hexdigest()
    archive = cache / f"{key[:16]}.zip"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            tree = Path(folder) / "tree"
            _install(requirements, tree, native=native)
            _strip(tree)
            _compile(tree)
            _zip(tree, Path(folder) / "layer.zip", prefix=f"python/lib/{version}/site-packages/")
            (Path(folder) / "layer.zip").replace(archive)
    return archive


def _install(requirements: Path, target: Path, *, native: bool) -> None:
    command = [
        sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--target", str(target),
        "--no-compile", "--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(requirements),
    ]  # fmt: skip
    if not native:
        command += ["--platform", _LAMBDA_PLATFORM]
    subprocess.run(command, check=True)


def _strip(tree: Path) -> None:
    for name in _UNUSED:
        shutil.rmtree(tree / name, ignore_errors=True)
    for data in (tree / "botocore" / "data", tree / "boto3" / "data"):
        for service in data.iterdir():
            if service.is_dir() and service.name not in _SERVICES:
                shutil.rmtree(service)


def _compile(tree: Path) -> None:
    """Compile for a tree that never changes: Python then never looks at the source."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(tree, quiet=2, force=True, stripdir=tree, invalidation_mode=mode)


def _zip(tree: Path, archive: Path, *, prefix: str) -> None:
    with ZipFile(archive, "w", ZIP_DEFLATED) as out:
        for path in _files(tree):
            entry = ZipInfo(prefix + path.relative_to(tree).as_posix())  # dated 1980, like all of them
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            out.writestr(entry, path.read_bytes())


def _files(tree: Path) -> Iterator[Path]:
    return (path for path in sorted(tree.rglob("*")) if path.is_file())
