"""What the operator does: traces are written, and what asks for rights by mistake is refused."""

from pathlib import Path

import pytest
from sqlalchemy import select

from linli import model as t
from linli.context import Context
from linli.database.migrate import migrate
from linli.deployment import Deployment, make_key, open_deployment
from linli.errors import Forbidden
from linli.operating import operate
from linli.policy import Actor, Facts
from linli.vault import Vault
from linli.verbs.inputs import NodeRef
from tests.support.configs import written

OPERATOR = Actor(name="os:test")


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    config = written(
        tmp_path, f'[database]\nurl = "sqlite:///{tmp_path}/linli.db"\n[security]\nkey_file = "linli.key"'
    )
    make_key(tmp_path / "linli.key")
    opened = open_deployment(config, {})
    migrate(opened.database, opened.migrations)
    return opened


def test_what_is_done_is_audited_in_the_operators_name(deployment: Deployment) -> None:
    ident = "01a2082a-47ed-756b-a28e-5c2123fea200"
    with deployment.database.begin() as connection:
        operate(
            connection, deployment, OPERATOR, lambda ctx: ctx.audit("test.done", NodeRef("grid", ident), None)
        )
        (row,) = connection.execute(select(t.audit).where(t.audit.c.action == "test.done")).all()
    assert row.object_id == ident


def test_a_verbs_question_for_rights_is_answered_with_no(deployment: Deployment) -> None:
    def asks(ctx: Context) -> None:
        ctx.require("grid", "create", Facts())

    with deployment.database.begin() as connection, pytest.raises(Forbidden):
        operate(connection, deployment, OPERATOR, asks)


def test_the_key_is_read_once_however_many_transactions_a_command_takes(deployment: Deployment) -> None:
    for _ in range(2):
        with deployment.database.begin() as connection:
            vault = operate(connection, deployment, OPERATOR, lambda ctx: ctx.vault)
            assert vault.decrypt(*_sealed(vault)) == "13800138000"
        deployment.config.security.key_file.unlink(missing_ok=True)


def _sealed(vault: Vault) -> tuple[bytes, bytes]:
    key = vault.new_person_key()
    return key, vault.encrypt(key, "13800138000")
