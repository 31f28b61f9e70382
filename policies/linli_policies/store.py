"""The one door to Casbin: it holds the lines under `model.conf`, and answers for the tests as an oracle.

Its own `enforce` walks every line and costs milliseconds, so nothing asks it while a request runs.
"""

from importlib.resources import files

import casbin

from linli_policies.lines import Lines


class CasbinStore:
    """Policy lines in Casbin's keeping; used on one thread, while loading."""

    def __init__(self, lines: Lines) -> None:
        text = files("linli_policies").joinpath("model.conf").read_text(encoding="utf-8")
        self._enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=text))
        taken = (
            self._enforcer.add_policies([list(line.words) for line in lines.rights]),
            self._enforcer.add_named_policies("p2", [list(line.words) for line in lines.seats]),
            self._enforcer.add_grouping_policies([list(line.words) for line in lines.inheritances]),
        )
        if not all(taken):
            raise ValueError("Casbin refused the policy lines: one of them stands there twice")

    @property
    def rights(self) -> frozenset[tuple[str, ...]]:
        """(role, resource, action, reach, effect) of every `p` line."""
        return frozenset(map(tuple, self._enforcer.get_policy()))

    def inherited(self, role: str) -> frozenset[str]:
        """The roles whose allows this role has besides its own."""
        return frozenset(self._enforcer.get_implicit_roles_for_user(role))

    def enforce(self, role: str, resource: str, action: str, reach: str) -> bool:
        """Whether Casbin lets the role do this as far as `reach`: the oracle of the compiled tables."""
        return bool(self._enforcer.enforce(role, resource, action, reach))
