"""One finding: the key of its sentence, which names the mend, and whether it is a danger or a note."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from linli.messages import Translator


@dataclass(frozen=True, slots=True)
class Advice:
    """Something unsafe (`danger`), or something to know; its sentence is `doctor.<key>`."""

    key: str
    danger: bool = True
    params: Mapping[str, object] = field(default_factory=dict)

    def line(self, translator: Translator) -> str:
        """Return it as one line."""
        sentence = translator.text(f"doctor.{self.key}", **self.params)
        return translator.text("doctor.danger" if self.danger else "doctor.note", sentence=sentence)


def danger(key: str, /, **params: object) -> Advice:
    """Return a finding that must be mended before people are served."""
    return Advice(key, danger=True, params=params)


def note(key: str, /, **params: object) -> Advice:
    """Return a finding that the operator should know of."""
    return Advice(key, danger=False, params=params)
