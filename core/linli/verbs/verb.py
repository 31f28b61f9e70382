"""A verb: one thing that can be done, declared once for GraphQL, the command line and the tests."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic.alias_generators import to_camel

from linli.verbs.answers import Answer
from linli.verbs.inputs import Input, NodeRef

if TYPE_CHECKING:
    from linli.context import Context

I = TypeVar("I", bound=Input)  # noqa: E741 - the field's usual letter for input


@dataclass(frozen=True)
class Verb:
    """A deed: its input model, what it returns, and the function that does it.

    Attributes:
        name: camelCase and verb first, such as `createResident`; the mutation's name.
        input: the pydantic model of its input.
        returns: the node type of its payload, such as `resident`; with an answer, what the answer tells of.
        run: asks the policy, checks the domain, writes; never commits.
        description: one sentence, the first line of the function's docstring.
        sensitive: whether a success is audited (refusals always are).
        answer: the model of what it answers in place of a node. Such a verb only reads: there is no key for
            a repetition, and its audit entry names the ids and choices of its input; `purpose` is the reason.
    """

    name: str
    input: type[Input]
    returns: str
    run: Callable[["Context", Any], NodeRef | Answer] = field(repr=False)
    description: str
    sensitive: bool = False
    answer: type[Answer] | None = None


def verb(
    returns: str, *, sensitive: bool = False, answer: type[Answer] | None = None
) -> Callable[[Callable[["Context", I], NodeRef | Answer]], Verb]:
    """Make a verb of a function `(ctx, data: SomeInput) -> NodeRef`, with its name and docstring.

    With `answer` the function returns one of that model in place of a reference.
    """

    def declare(run: Callable[["Context", I], NodeRef | Answer]) -> Verb:
        model = run.__annotations__["data"]
        description = (inspect.getdoc(run) or "").split("\n\n")[0].replace("\n", " ")
        name = to_camel(run.__name__)
        return Verb(name, model, returns, run, description, sensitive or answer is not None, answer)

    return declare
