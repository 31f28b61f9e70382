"""Which deeds are sensitive: by what they do, for every verb of every plugin."""

import re
from pathlib import Path

import pytest

from linli.deployment import make_key, open_deployment
from linli.verbs.verb import Verb
from linli_graphql.composition import compose
from tests.support.configs import written

# Verbs whose first word says that they grant, reveal, close, erase, decide or take out.
WEIGHTY = re.compile(
    r"(assign|grant|revoke|reveal|unmask|close|erase|delete|decide|settle|approve|reject|export|correct|split"
    r"|merge|appoint)(?=[A-Z])"
)
PLAIN = """
[database]
url = "sqlite:///linli.db"
[security]
key_file = "key"
[plugins]
enabled = {}
"""


def verbs_of(folder: Path, *plugins: str) -> dict[str, Verb]:
    make_key(folder / "key")
    names = str(list(plugins)).replace("'", '"')
    composed = compose(open_deployment(written(folder, PLAIN.format(names)), {}))
    return dict(composed.registry.verbs)


@pytest.mark.case(224)
def test_what_grants_reveals_closes_or_decides_is_audited(tmp_path: Path) -> None:
    verbs = verbs_of(tmp_path, "pinghu")
    weighty = {name: verb for name, verb in verbs.items() if WEIGHTY.match(name)}
    assert len(weighty) > 20
    assert not [name for name, verb in weighty.items() if not verb.sensitive]
