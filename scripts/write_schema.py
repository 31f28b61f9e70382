"""Write graphql/schema.graphql and schema.zh-CN.graphql: the core's schema, without plugins or a database.

.venv/bin/python scripts/write_schema.py            writes the two files
.venv/bin/python scripts/write_schema.py --check    says whether they are what the code says
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from linli.access.resources import CORE_RESOURCES, by_name
from linli_graphql.declare.registry import collect
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble, sdl
from linli_graphql.service.describe import chinese, english
from linli_policies.engine import load_policy

FOLDER = Path(__file__).parents[1] / "graphql"
ENGLISH = FOLDER / "schema.graphql"
CHINESE = FOLDER / "schema.zh-CN.graphql"


def texts() -> Mapping[Path, str]:
    """Return what the two files hold by the code."""
    registry = collect([core_contribution()], load_policy(by_name(CORE_RESOURCES)).resources)
    return {
        ENGLISH: sdl(assemble(registry, english)),
        CHINESE: sdl(assemble(registry, chinese())),
    }


def stale() -> list[Path]:
    """Return the files that are not what the code says."""
    return [
        file
        for file, text in texts().items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Write the files, or with --check only say whether they are what the code says."""
    if "--check" in sys.argv[1:]:
        if found := stale():
            sys.exit("".join(f"{file} is not what the code says; run make schema.\n" for file in found))
        return
    for file, text in texts().items():
        file.write_text(text, encoding="utf-8")
        print(file)


if __name__ == "__main__":
    main()
