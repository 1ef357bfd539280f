"""Lambda."""

import hashlib
import io
import os
import queue
import tempfile
import threading
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_END_OF_LOG = "\x1e"
_LOG_PATIENCE = 0.25
_FAILURE = "__failure__"


def _replace_in_worker(old: str, new: str) -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(old) != 1:
        raise SystemExit(
            f"The emulator's worker script is not the one that was patched: {old!r} is not in it once."
        )
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(old, new)


def exception_loses_its_class() -> None:
    """An exception is reported as `Runtime.HandlerError` and ends the worker; AWS gives its class."""
    _replace_in_worker(
        '_real_stdout.write(json.dumps({"status": "error", "error": str(e), '
        '"trace": traceback.format_exc()}) + "\\n")',
        "traceback.print_exc(); "
        '_failure = {"errorMessage": str(e), "errorType": type(e).__name__}; '
        f'_real_stdout.write(json.dumps({{"status": "ok", "result": {{"{_FAILURE}": _failure}}}}) + "\\n")',
    )
    stock = lambda_svc._execute_function_warm

    def execute(func: dict, event: Any, request_id: str) -> dict:
        answer = stock(func, event, request_id)
        body = answer.get("body")
        if isinstance(body, dict) and set(body) == {_FAILURE}:
            return {**answer, "body": body[_FAILURE], "error": True, "function_error": "Unhandled"}
        return answer

    lambda_svc._execute_function_warm = execute


def every_call_waits_for_a_log_line() -> None:
    """A call that logs nothing takes 50 ms longer, because nothing marks the end of its log."""
    _replace_in_worker(
        "        _real_stdout.flush()\n\nrun()",
        f'        sys.stderr.write("{_END_OF_LOG}\\n"); sys.stderr.flush(); _real_stdout.flush()\n\nrun()',
    )
    stock = lambda_runtime.Worker._drain_stderr_bounded

    def drain(worker: Any, *args: Any, **kwargs: Any) -> str:
        if not str(worker.config.get("Runtime")).startswith("python"):
            return stock(worker, *args, **kwargs)
        lines: list[str] = []
        deadline = time.monotonic() + _LOG_PATIENCE
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = worker._stderr_queue.get(timeout=left)
            except queue.Empty:
                break
            if line == _END_OF_LOG:
                break
            lines.append(line)
        return "\n".join(lines)

    lambda_runtime.Worker._drain_stderr_bounded = drain


def every_worker_unpacks_code_and_layers_anew() -> None:
    """Each cold start writes thousands of files and compiles what it imports, which takes seconds."""
    stock = lambda_runtime.Worker._spawn
    nothing = io.BytesIO()
    zipfile.ZipFile(nothing, "w").close()
    lock = threading.Lock()

    def spawn(worker: Any) -> None:
        config, code = worker.config, worker.code_zip
        with lock:
            layers = [_layer_folder(layer) for layer in config.get("Layers") or []]
            folders = [*layers, _unpacked(code, Path(tempfile.gettempdir()))]  # the last is searched first
        variables = {
            **config.get("Environment", {}).get("Variables", {}),
            "_LAMBDA_LAYERS_DIRS": os.pathsep.join(folders),
        }
        worker.config = {**config, "Layers": [], "Environment": {"Variables": variables}}
        worker.code_zip = nothing.getvalue()
        try:
            stock(worker)
        finally:
            worker.config, worker.code_zip = config, code

    lambda_runtime.Worker._spawn = spawn


def _layer_folder(layer: Any) -> str:
    """Kept for other emulators and later runs: layers are large and change rarely."""
    return _unpacked(lambda_svc._resolve_layer_zip(layer), Path(os.environ["LOCAL_LAYERS"]))


def _unpacked(archive: bytes, parent: Path) -> str:
    """The folder with the archive's files, unpacked unless it was before."""
    folder = parent / hashlib.sha256(archive).hexdigest()[:16]
    if not folder.exists():
        parent.mkdir(parents=True, exist_ok=True)
        draft = tempfile.mkdtemp(dir=parent)
        with zipfile.ZipFile(io.BytesIO(archive)) as content:
            content.extractall(draft)
        with suppress(OSError):  # another emulator was quicker
            Path(draft).rename(folder)
    return str(folder)


def emulators_packages_shadow_the_layers() -> None:
    """Functions import from the emulator's environment, and from a layer only what is not there."""
    _replace_in_worker(
        "    sys.path.insert(0, code_dir)\n",
        "    sys.path[:] = [folder for folder in sys.path if not folder.endswith('-packages')]\n"
        "    sys.path.insert(0, code_dir)\n",
    )


PATCHES = (
    exception_loses_its_class,
    every_call_waits_for_a_log_line,
    every_worker_unpacks_code_and_layers_anew,
    emulators_packages_shadow_the_layers,
)
