"""Keeps the state machine that resources.yaml carries equal to its file in stepfunctions/.

CloudFormation takes a state machine inline or from S3; only inline does resources.yaml deploy by itself.
`python -m deploy.definition` writes the file's text, in one line, into resources.yaml.
"""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFINITION = ROOT / "stepfunctions" / "validation.asl.json"
RESOURCES = ROOT / ".chalice" / "resources.yaml"

_INLINE = re.compile(r"^(?P<indent> +DefinitionString: )'.*'$", re.MULTILINE)


def in_one_line() -> str:
    """The state machine's definition as resources.yaml must carry it."""
    return json.dumps(json.loads(DEFINITION.read_text()), separators=(",", ":"))


def main() -> None:
    quoted = in_one_line().replace("'", "''")
    text, found = _INLINE.subn(lambda match: f"{match['indent']}'{quoted}'", RESOURCES.read_text())
    if found != 1:
        raise SystemExit(f"{RESOURCES} holds {found} inline definitions, expected one")
    RESOURCES.write_text(text)


if __name__ == "__main__":
    main()
