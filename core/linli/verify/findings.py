"""What verification finds, and the report that tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from linli.messages import Translator

SHOWN = 20  # of one kind; the rest are counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: the key of its sentence and what the sentence names; a note is no fault."""

    key: str
    params: Mapping[str, object] = field(default_factory=dict)
    fault: bool = True

    def sentence(self, translator: Translator) -> str:
        """Return the finding as one sentence."""
        return translator.text(self.key, **self.params)


@dataclass
class Findings:
    """Findings being gathered: the first 20 of a kind are kept, the others counted."""

    kept: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, key: str, *, fault: bool = True, **params: object) -> None:
        """Add a finding."""
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] <= SHOWN:
            self.kept.append(Finding(key, params, fault))

    def all(self) -> list[Finding]:
        """Return what was kept, and for each kind how many more there were."""
        more = ((key, count - SHOWN) for key, count in self.counts.items() if count > SHOWN)
        return [*self.kept, *(Finding("verify.more", {"kind": key, "count": count}) for key, count in more)]


@dataclass(frozen=True, slots=True)
class Report:
    """What a whole verification found, by the name of the check."""

    findings: Mapping[str, tuple[Finding, ...]]

    @property
    def sound(self) -> bool:
        """Whether there is no fault; notes are none."""
        return not any(finding.fault for found in self.findings.values() for finding in found)

    def lines(self, translator: Translator) -> Iterator[str]:
        """Yield a sentence for each check that found nothing wrong, and one for each finding."""
        for name, found in self.findings.items():
            title = translator.text(title_key(name))
            if not any(finding.fault for finding in found):
                yield translator.text("verify.good", check=title)
            for finding in found:
                key = "verify.fault" if finding.fault else "verify.note"
                yield translator.text(key, check=title, sentence=finding.sentence(translator))


def title_key(check: str) -> str:
    """Return the key of a check's title; a plugin's check is called `<plugin>.<name>`."""
    plugin, dot, name = check.partition(".")
    return f"{plugin}.check.{name}" if dot else f"verify.check.{check}"
