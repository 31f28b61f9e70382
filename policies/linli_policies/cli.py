"""`linli policy`: why somebody may, whether the truth tables hold, and what a change would change."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from linli.access.actors import anonymous, load_actor
from linli.access.facts import row_facts
from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, say, translator
from linli.commands.users import find_account
from linli.deployment import Deployment
from linli.ids import split_public_id
from linli.policy import Explanation, Facts
from linli_policies.cases import CaseFileError, load_cases, run_cases
from linli_policies.commands import diff
from linli_policies.engine import CasbinPolicy, load_policy, read_lines
from linli_policies.lines import PolicyFaultsError, PolicySource

policy = typer.Typer(name="policy", help="Who may do what where.", no_args_is_help=True)


def sources(opened: Deployment) -> tuple[PolicySource, ...]:
    """Return the policy lines of the plugins."""
    return tuple(
        PolicySource.from_lines(f"{plugin.name}/policy.csv", lines)
        for plugin, lines in opened.plugins.policy_lines()
    )


def loaded(opened: Deployment) -> CasbinPolicy:
    """Return the policy of a deployment."""
    try:
        return load_policy(opened.resources, sources(opened))
    except PolicyFaultsError as error:
        fail(str(error))


@policy.command("explain")
def explain(
    account: Annotated[str, typer.Argument(help="Name of an account, or `public`.")],
    permission: Annotated[str, typer.Argument(help="`resource:action`, such as resident:update.")],
    node: Annotated[str | None, typer.Argument(help="Id of the row in question.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Name the line that allows, or the absence that denies."""
    resource, _, action = permission.partition(":")
    with deployment(config) as opened, opened.database.begin() as connection:
        engine = loaded(opened)
        row = find_account(connection, account)
        actor = (
            load_actor(connection, row.id) if row else anonymous(connection) if account == "public" else None
        )
        if actor is None:
            fail(translator(opened).text("command.account_missing", name=account))
        facts = facts_of_node(connection, engine, node)
        if node is None:
            decision = engine.decide(actor, resource, action)
            explanation = Explanation(bool(decision.arms), decision.reason)
        else:
            explanation = engine.explain(actor, resource, action, facts)
    say(f"{'✓' if explanation.allowed else '✗'} {explanation.reason}")
    for line in explanation.lines:
        say(f"  {line}")


def facts_of_node(connection: Connection, engine: CasbinPolicy, node: str | None) -> Facts:
    """Return what the policy may know of a node; nothing where there is none."""
    parts = split_public_id(node) if node else None
    resource = engine.resources.get(parts[0]) if parts else None
    if parts is None or resource is None or resource.table is None:
        return Facts()
    row = connection.execute(select(resource.table).where(resource.table.c.id == parts[1])).one_or_none()
    return row_facts(connection, resource, row) if row is not None else Facts()


@policy.command("test")
def run_tables(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the truth tables of the default lines and of every plugin."""
    with deployment(config, migrated=False) as opened:
        engine = loaded(opened)
        files = [plugin.folder / "policy_cases.toml" for plugin in opened.plugins.loaded]
        extra = [
            PolicySource(f"{file.parent.name}/{file.name}", file.read_text("utf-8"))
            for file in files
            if file.exists()
        ]
        try:
            cases = load_cases(extra)
        except CaseFileError as error:
            fail(str(error))
        failures = run_cases(engine, cases)
    for failure in failures:
        say(str(failure))
    if failures:
        raise typer.Exit(1)
    say(f"✓ {len(cases.case)}")


@policy.command("diff")
def difference(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="Lines to add to those in force.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Show who would gain and lose what if these lines were added."""
    with deployment(config, migrated=False) as opened:
        more = PolicySource(file.name, file.read_text(encoding="utf-8"))
        try:
            old = read_lines(opened.resources, sources(opened))
            new = read_lines(opened.resources, (*sources(opened), more))
        except PolicyFaultsError as error:
            fail(str(error))
        for change in diff(old, new, opened.resources):
            say(str(change))
