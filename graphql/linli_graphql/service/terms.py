"""Terms: on what terms the service answers."""

from dataclasses import dataclass

from linli.policy import Actor


@dataclass(frozen=True, slots=True)
class Terms:
    """What a caller is told, and the most rows that one document may ask for.

    A document's rows are the product of page sizes over nested lists, added up. A subscription is charged
    with what it may tell at each event, for as long as it is open.

    Attributes:
        suggestions: whether errors suggest names of the schema.
        rows: for those who have signed in.
        rows_anonymous: for everybody else.
    """

    suggestions: bool = True
    rows: int = 50_000
    rows_anonymous: int = 10_000

    def most_rows(self, actor: Actor) -> int:
        """Return the limit of a caller."""
        return self.rows_anonymous if actor.account_id is None else self.rows


OPEN = Terms()
