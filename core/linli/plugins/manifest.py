"""plugin.toml: what a plugin says of itself before any of its code runs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from linli.config.reading import Document, read_toml
from linli.config.validation import validated
from linli.messages import Language, Translator
from linli.plugins.personal import ConsentPurpose, Part, PersonalData

FILE: Final = "plugin.toml"
NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
RESERVED: Final = frozenset({"core", "enabled", "linli"})
REQUIREMENT: Final = re.compile(r"(?P<name>[a-z][a-z0-9_]*)\s*(?P<range>.*)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """Another plugin that must be there, and the range of its versions."""

    name: str
    range: SpecifierSet

    def __str__(self) -> str:
        return f"{self.name}{self.range}"


def _name(value: str) -> str:
    if NAME.fullmatch(value) and value not in RESERVED:
        return value
    raise PydanticCustomError("linli.plugins.name", "not a name for a plugin")


def _version(value: Any) -> Version:
    try:
        return Version(value)
    except (InvalidVersion, TypeError):
        raise PydanticCustomError("linli.plugins.version", "not a version") from None


def _range(value: Any) -> SpecifierSet:
    try:
        return SpecifierSet(value)
    except (InvalidSpecifier, AttributeError, TypeError):
        raise PydanticCustomError("linli.plugins.range", "not a range of versions") from None


def _requirement(value: Any) -> Requirement:
    match = REQUIREMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("linli.plugins.requirement", "not a requirement")
    return Requirement(match["name"], _range(match["range"]))


Text = Annotated[str, Field(min_length=1, max_length=200)]


class Title(Part):
    """A name for people, in both languages."""

    zh_cn: Text = Field(alias="zh-CN")
    en: Text

    def text(self, language: Language) -> str:
        """Return the title in a language."""
        return self.zh_cn if language == "zh-CN" else self.en


class Manifest(Part):
    """The content of plugin.toml."""

    name: Annotated[str, Field(max_length=40), AfterValidator(_name)]
    title: Title
    version: Annotated[Version, PlainValidator(_version)]
    core: Annotated[SpecifierSet, PlainValidator(_range)]
    requires: tuple[Annotated[Requirement, PlainValidator(_requirement)], ...] = ()
    personal_data: tuple[PersonalData, ...] = ()
    consent: tuple[ConsentPurpose, ...] = ()


def read_manifest(folder: Path, translator: Translator) -> tuple[Manifest, Document]:
    """Return the manifest of a plugin's folder and its document; raises ConfigError with every fault."""
    document = read_toml(folder / FILE, translator, missing="plugins.no_manifest")
    return validated(Manifest, document), document
