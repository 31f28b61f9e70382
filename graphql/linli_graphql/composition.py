"""Composition: from a deployment to policy, registry, schema and service; wiring stands here alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from graphql import GraphQLSchema
from pydantic.alias_generators import to_camel

from linli.config.faults import Fault, PluginError
from linli.deeds import Deeds
from linli.deployment import Deployment
from linli.operating import deeds_of
from linli.policy import Policy
from linli_graphql.declare.registry import Contribution, DeclarationError, Extension, Registry, collect
from linli_graphql.nodes.grid import statistic
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble, sdl
from linli_graphql.schema.types import Describe
from linli_graphql.service.describe import Translated, chinese, english
from linli_graphql.service.service import Service
from linli_graphql.service.terms import Terms
from linli_policies.engine import load_policy
from linli_policies.lines import PolicyFaultsError, PolicySource


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
        return deeds_of(self.deployment, self.policy)

    def service(self, wake: Callable[[], None] = lambda: None) -> Service:
        """Return a new service over this composition; `wake` is called after each deed that was done."""
        deployment, limits = self.deployment, self.deployment.config.limits
        return Service(
            deployment.database,
            self.registry,
            self.schema,
            self.deeds,
            deployment.messages,
            wake,
            Terms(deployment.config.suggests, limits.rows, limits.rows_anonymous),
        )


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
    """Return the policy of the default lines and of every plugin's.

    Raises:
        PluginError: a line is faulty, or no line speaks of a plugin's resource; one sentence a fault.
    """
    sources = [
        PolicySource.from_lines(f"{plugin.name}/policy.csv", lines)
        for plugin, lines in deployment.plugins.policy_lines()
    ]
    try:
        policy = load_policy(deployment.resources, sources)
    except PolicyFaultsError as error:
        raise PluginError([Fault(None, None, "policy", str(fault)) for fault in error.faults]) from error
    spoken_of = {line.resource for line in policy.lines.rights}
    if faults := list(_unspoken(deployment, spoken_of)):
        raise PluginError(faults)
    return policy


def _unspoken(deployment: Deployment, spoken_of: set[str]) -> Iterator[Fault]:
    """Yield a fault for each resource of a plugin that no line names: its author forgot who may see it."""
    source = deployment.plugins.source
    for plugin, resources in deployment.plugins.each("linli_resources"):
        for one in resources:
            if one.name not in spoken_of:
                told = {"plugin": plugin.name, "name": one.name}
                sentence = source.translator.text("plugins.resource_unspoken", **told)
                yield Fault(None, None, one.name, sentence)


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
    plugins = deployment.plugins
    told = chinese(*(plugin.folder / "locale" / "schema.zh-CN.toml" for plugin in plugins.loaded))
    figures = [one for _, found in plugins.each("linli_indicators") for one in found]
    titles = {f"Statistics.{to_camel(one.name)}": f"{one.title_zh}。" for one in figures}
    return Translated(titles | dict(told.catalogue))
