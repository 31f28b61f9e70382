"""`linli init` and `linli migrate`: a place begins."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import make_url

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, say, translator
from linli.database.migrate import Progress, migrate
from linli.database.migration_grants import grant_application_role
from linli.deployment import Deployment, make_key, open_as_owner

TEMPLATE = """\
# The configuration of this place. Every key can be overridden by a variable such as LINLI_SERVER__PORT.
profile = "{profile}"            # "production" switches introspection and the console off
language = "zh-CN"

[place]
name = "{name}"                  # lower-case letters and digits
title = "{title}"                # what people read

[database]
url = "sqlite:///{data}/linli.db"  # or "postgresql://linli@/linli"; see docs/operator.md
# owner_url = "postgresql://owner@/linli"  # who may change tables; only `linli migrate` uses it

[server]
host = "127.0.0.1"
port = 8000
# hosts = ["linli.example.gov.cn"]            # names that the Host header may carry; empty allows all
# origins = ["https://linli.example.gov.cn"]  # pages of other origins that may open sockets

[security]
key_file = "{data}/linli.key"      # keep a copy apart from the backups; phone numbers need it

# [sign_in]
# issuer = "https://id.example.gov.cn"        # the OpenID provider; without one, `linli user code` lets in
# client_id = "linli"                         # the secret: LINLI_SIGN_IN__CLIENT_SECRET_FILE
# public_url = "https://linli.example.gov.cn"

[backup]
key_file = "{data}/backup.key"     # seals what `linli backup` writes; keep a copy apart from it

[plugins]
enabled = {enabled}
"""


def write_place(
    file: Path, *, name: str, title: str, data: str, profile: str, enabled: Sequence[str] = ()
) -> None:
    """Write a configuration file and its key; files that exist are left as they are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        text = TEMPLATE.format(
            name=name, title=title, data=data, profile=profile, enabled=json.dumps(list(enabled))
        )
        file.write_text(text, encoding="utf-8")
    for key in ("linli.key", "backup.key"):
        make_key(file.parent / data / key)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder of the place.")] = Path(),
    title: Annotated[str, typer.Option(help="What people read.")] = "邻里",
) -> None:
    """Write linli.toml and a new key for a place."""
    file = folder / DEFAULT_CONFIG
    if file.exists():
        fail(f"{file} exists; nothing was changed. / 已存在，未做更改。")
    write_place(file, name="linli", title=title, data="var", profile="production")
    steps = ("migrate", "import grids FOLDER", "user first admin CODE")
    say("\n".join([str(file), *(f"→ linli {step} -c {file}" for step in steps)]))


def migrate_command(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the tables of core and plugins up to date."""
    with deployment(config, migrated=False) as opened:
        bring_up_to_date(opened)


def bring_up_to_date(opened: Deployment) -> None:
    """Run the pending migrations, telling each; also lets the serving role reach the tables."""
    owner = open_as_owner(opened)
    try:
        report = migrate(owner, opened.migrations, _tell)
        role = make_url(opened.config.database.url).username
        if owner.name == "postgresql" and role is not None and opened.config.database.owner_url:
            with owner.begin() as connection:
                grant_application_role(connection, role)
    finally:
        owner.engine.dispose()
    say(translator(opened).text("command.migrated", number=len(report.applied)))


def _tell(step: Progress) -> None:
    if step.stage in ("started", "waiting"):
        say(f"{step.number}/{step.total} {step.migration.line} {step.migration.title}")
