"""Every part of the core's schema is described, in English by the code and in Chinese by its catalogue."""

import re
import tomllib
from collections.abc import Iterator

import pytest
from graphql import GraphQLEnumType, GraphQLSchema, is_introspection_type, is_specified_scalar_type

from linli.access.resources import CORE_RESOURCES, by_name
from linli_graphql.declare.registry import collect
from linli_graphql.nodes.roots import core_contribution
from linli_graphql.schema.assemble import assemble
from linli_graphql.schema.types import Describe
from linli_graphql.service.describe import LOCALE, Translated, chinese, english
from linli_policies.engine import load_policy

HAN = re.compile(r"[\u4e00-\u9fff]")
# What misleads a street office: credit is 积分, a branch is no 分支, a community no 社群, a case no 案件.
MISLEADING = re.compile(r"(?<!统一社会)信用|分支|社群|学分|信贷|案件")


def schema(describe: Describe) -> GraphQLSchema:
    policy = load_policy(by_name(CORE_RESOURCES), ())
    return assemble(collect([core_contribution()], policy.resources), describe)


def catalogue() -> dict[str, str]:
    texts: dict[str, str] = tomllib.loads((LOCALE / "schema.zh-CN.toml").read_text(encoding="utf-8"))
    return texts


def coordinates() -> dict[str, str]:
    """Return every coordinate that the schema asks a description for, with the English one."""
    asked = Translated({})
    schema(asked)
    return asked.missing


def descriptions(made: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield each type, field, argument, input field and enum value with what it is described by."""
    for name, kind in made.type_map.items():
        if is_introspection_type(kind) or is_specified_scalar_type(kind):
            continue
        yield name, kind.description or ""
        values = kind.values if isinstance(kind, GraphQLEnumType) else getattr(kind, "fields", {})
        for key, value in values.items():
            yield f"{name}.{key}", value.description or ""
            for argument, given in getattr(value, "args", {}).items():
                yield f"{name}.{key}({argument}:)", given.description or ""


@pytest.mark.parametrize("describe", [english, chinese()], ids=["en", "zh-CN"])
def test_everything_is_described(describe: Describe) -> None:
    found = dict(descriptions(schema(describe)))
    assert {"Grid", "Grid.name", "Query.grid(code:)", "CreateGridInput.name", "GridLevel.TOWN"} <= set(found)
    assert not [place for place, text in found.items() if not text.strip()]


def test_what_is_described_in_chinese_is_chinese() -> None:
    assert not [place for place, text in descriptions(schema(chinese())) if not HAN.search(text)]


def test_nothing_lacks_chinese_and_no_chinese_is_stale() -> None:
    asked, known = set(coordinates()), set(catalogue())
    assert not asked - known, "add these to schema.zh-CN.toml"
    assert not known - asked, "remove these from schema.zh-CN.toml"


def test_chinese_descriptions_are_sentences_without_misleading_words() -> None:
    texts = catalogue()
    assert not {key: text for key, text in texts.items() if not text.endswith("。") or text != text.strip()}
    assert not {key: text for key, text in texts.items() if MISLEADING.search(text)}
