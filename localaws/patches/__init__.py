"""Repairs of the one emulator version this project is pinned to.

Each patch is a function named after the defect it mends, and mends what no design of ours goes around. A test
looks for every defect in the stock emulator too, and fails once one is gone there, so that its patch can go.
"""

from importlib.metadata import version

EMULATOR_VERSION = "1.5.33"


def apply_all() -> None:
    """Mend the emulator in this process, before it starts to serve.

    Exits when another version is installed: the patches reach into private names.
    """
    found = version("ministack")
    if found != EMULATOR_VERSION:
        raise SystemExit(
            f"The patches are for ministack {EMULATOR_VERSION}, but {found} is installed: run `make setup`."
        )
    from localaws.patches import functions, gateway, process, streams, tables, workflows

    for module in (functions, gateway, process, streams, tables, workflows):
        for patch in module.PATCHES:
            patch()
