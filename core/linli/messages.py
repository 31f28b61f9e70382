"""Messages to people: sentences by key and language, from the TOML catalogues of core, rooms and plugins."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Final, Literal

Language = Literal["en", "zh-CN"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-CN")

QUALITY: Final = re.compile(r"q=(0(\.\d{0,3})?|1(\.0{0,3})?)", re.IGNORECASE)
LOCALE_VARIABLES: Final = ("LINLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
HEADER_RANGES: Final = 32  # a header of a thousand ranges is not a person's

Texts = Mapping[str, str]


class CatalogueError(Exception):
    """A catalogue of messages that cannot be used; the sentence names file and key."""


@dataclass(frozen=True, slots=True)
class Messages:
    """Sentences by language and key; catalogues are added folder by folder, never changed."""

    texts: Mapping[Language, Texts]

    @classmethod
    def load(cls, folder: Path, *, strict: bool = False) -> "Messages":
        """Return the messages of `folder`/en.toml and `folder`/zh-CN.toml; see `extended`."""
        return cls({}).extended(folder, strict=strict)

    def extended(self, folder: Path, *, strict: bool = False) -> "Messages":
        """Return these messages and those of `folder`; a key that is already taken is refused.

        `strict` (tests, development) also refuses a key that one language lacks and placeholders that
        differ. Without it a missing key falls back when it is asked for.
        """
        added = {language: read_catalogue(folder / f"{language}.toml") for language in LANGUAGES}
        faults = [*self._taken(folder, added), *(differences(folder, added) if strict else ())]
        if faults:
            raise CatalogueError(" ".join(faults))
        return Messages(
            {
                language: MappingProxyType({**self.texts.get(language, {}), **added[language]})
                for language in added
            }
        )

    def _taken(self, folder: Path, added: Mapping[Language, Texts]) -> Iterator[str]:
        for language, texts in added.items():
            for key in sorted(texts.keys() & self.texts.get(language, {}).keys()):
                yield f"{folder / language}.toml: the key {key} is already taken by another catalogue."

    def text(self, key: str, language: Language, /, **params: object) -> str:
        """Return the sentence; a missing one falls back to English, then to the key itself."""
        for choice in (language, LANGUAGES[0]):
            template = self.texts.get(choice, {}).get(key)
            if template is not None:
                return _filled(template, params)
        return key

    def speaking(self, language: Language) -> "Translator":
        """Return these messages bound to one language."""
        return Translator(self, language)


@dataclass(frozen=True, slots=True)
class Translator:
    """Messages bound to one language."""

    messages: Messages
    language: Language

    def text(self, key: str, /, **params: object) -> str:
        """Return the sentence of `key` in this language."""
        return self.messages.text(key, self.language, **params)


def core_messages(*, strict: bool = False) -> Messages:
    """Return the core's own messages."""
    return Messages.load(Path(__file__).parent / "locale", strict=strict)


def read_catalogue(file: Path) -> Texts:
    """Return the flat texts of one file, none if it does not exist; tables and dotted keys are the same."""
    if not file.is_file():
        return MappingProxyType({})
    try:
        tree = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CatalogueError(f"{file} is no catalogue of messages: {error}.") from error
    texts = dict(_flat(file, tree))
    for key, text in texts.items():
        placeholders(text, f"{file}, key {key}")
    return MappingProxyType(texts)


def _flat(file: Path, tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if isinstance(value, str):
            yield prefix + name, value
        elif isinstance(value, Mapping):
            yield from _flat(file, value, f"{prefix}{name}.")
        else:
            raise CatalogueError(f"{file}: the key {prefix}{name} must hold text.")


def placeholders(template: str, place: str) -> frozenset[str]:
    """Return the names in braces; anything but a plain name, which could reach into objects, is refused."""
    try:
        names = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise CatalogueError(f"{place}: the braces do not match ({error}).") from error
    for name in names:
        if not name.isidentifier():
            raise CatalogueError(f'{place}: "{{{name}}}" is not a plain name in braces.')
    return frozenset(names)


def differences(folder: Path, texts: Mapping[Language, Texts]) -> Iterator[str]:
    """Yield one sentence for each key that a language lacks or whose placeholders differ."""
    for key in sorted({key for catalogue in texts.values() for key in catalogue}):
        lacking = [language for language in LANGUAGES if key not in texts[language]]
        if lacking:
            yield f"{folder / lacking[0]}.toml lacks the key {key}."
        elif len({placeholders(texts[language][key], key) for language in LANGUAGES}) > 1:
            yield f"{folder}: the key {key} has other placeholders in one language than in the other."


def _filled(template: str, params: Mapping[str, object]) -> str:
    """Format, or hand out the bare template: a message about a fault must not raise another one."""
    try:
        return template.format_map(params)
    except (LookupError, ValueError, TypeError):
        return template


def environment_language(environ: Mapping[str, str]) -> Language:
    """Return the language of a person at a terminal, from LINLI_LANG or else the locale."""
    for variable in LOCALE_VARIABLES:
        value = environ.get(variable, "")
        if value:
            return "zh-CN" if value.lower().startswith("zh") else "en"
    return "en"


def accepted_language(header: str | None, default: Language) -> Language:
    """Return the language that an Accept-Language header prefers, `default` where it names neither."""
    weights: dict[Language | Literal["*"], float] = {}
    for part in (header or "").split(",")[:HEADER_RANGES]:
        tag, _, quality = part.partition(";")
        language, weight = _supported(tag.strip().lower()), _weight(quality.strip())
        if language is not None and weight is not None:
            weights[language] = max(weight, weights.get(language, 0.0))
    rest = weights.get("*", 0.0)
    order = [name for name in weights if name != "*"]
    order += [language for language in (default, *LANGUAGES) if language not in order]
    best = max(order, key=lambda language: weights.get(language, rest))
    return best if weights.get(best, rest) > 0 else default


def _supported(tag: str) -> Language | Literal["*"] | None:
    known: dict[str, Language | Literal["*"]] = {"zh": "zh-CN", "en": "en", "*": "*"}
    return known.get(tag.partition("-")[0])


def _weight(quality: str) -> float | None:
    if not quality:
        return 1.0
    match = QUALITY.fullmatch(quality)
    return float(match[1]) if match else None
