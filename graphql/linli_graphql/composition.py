"""Composition: from a deployment to policy, registry, schema and service; wiring stands here alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

from graphql import GraphQLSchema
from pydantic.alias_generators import to_camel

from linli.config.faults import Fault, PluginError
from linli.deeds import Deeds
from linli.deployment import Deployment
from linli.policy import Policy
from linli_graphql.declare.registry import Contribution, DeclarationError, Extension, Registry, collect
from linli_graphql.nodes.grid import statistic
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble, sdl
from linli_graphql.schema.types import Describe
from linli_graphql.service.describe import chinese, english
from linli_graphql.service.service import Service
from linli_policies.engine import load_policy
from linli_policies.lines import PolicySource


@dataclass(frozen=True)
class Composition:
    """A deployment put together, ready to serve."""

    deployment: Deployment
    policy: Policy = field(repr=False)
    registry: Registry = field(repr=False)
    schema: GraphQLSchema = field(repr=False)

    @property
    def deeds(self) -> Deeds:
        """What verbs share."""
        return Deeds(self.policy, self.deployment.vault, self.deployment.relationship_types)

    def service(self, wake: Callable[[], None] = lambda: None) -> Service:
        """Return a new service over this composition; `wake` is called after each deed that was done."""
        messages = self.deployment.messages
        return Service(self.deployment.database, self.registry, self.schema, self.deeds, messages, wake)


def compose(deployment: Deployment, language: str = "en") -> Composition:
    """Return the composition of a deployment; `language` is that of the schema's descriptions.

    Raises:
        PluginError: declarations clash, or a type stands without policy; one sentence a fault.
    """
    policy = policy_of(deployment)
    try:
        registry = collect(contributions(deployment), policy.resources)
        schema = assemble(registry, _describe(deployment, language))
    except DeclarationError as error:
        raise PluginError([Fault(None, None, "plugins", fault) for fault in error.faults]) from error
    return Composition(deployment, policy, registry, schema)


def policy_of(deployment: Deployment) -> Policy:
    """Return the policy of the default lines and of every plugin's."""
    sources = [
        PolicySource.from_lines(f"{plugin.name}/policy.csv", lines)
        for plugin, lines in deployment.plugins.policy_lines()
    ]
    return load_policy(deployment.resources, sources)


def contributions(deployment: Deployment) -> list[Contribution]:
    """Return what the core and each plugin declare."""
    verbs = {plugin.name: found for plugin, found in deployment.plugins.each("linli_verbs")}
    schemas = {plugin.name: found for plugin, found in deployment.plugins.each("linli_graphql")}
    figures = {plugin.name: found for plugin, found in deployment.plugins.each("linli_indicators")}
    found = [core_contribution()]
    for name in deployment.plugins.names:
        schema = schemas.get(name)
        extensions = list(schema.extensions) if schema else []
        if indicators := figures.get(name):
            fields = {to_camel(one.name): statistic(one.metric, f"{one.title_en}.") for one in indicators}
            extensions.append(Extension("Statistics", fields))
        types = schema.types if schema else ()
        found.append(
            Contribution(name, types, extensions, schema.roots if schema else {}, verbs.get(name, ()))
        )
    return found


def schema_text(deployment: Deployment, language: str) -> str:
    """Return the SDL of a deployment, described in a language."""
    return sdl(compose(deployment, language).schema)


def _describe(deployment: Deployment, language: str) -> Describe:
    if language != "zh-CN":
        return english
    return chinese(*(plugin.folder / "locale" / "schema.zh-CN.toml" for plugin in deployment.plugins.loaded))
