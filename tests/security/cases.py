"""The catalogue's cases that block a release, by number: what is attempted, or what goes wrong.

A test says with `@pytest.mark.case(19, 20)` which of them it shows; `docs/security.md` sets each beside its
tests and beside the seeded faults that turn them red. Numbers have gaps, and never change.
"""

from collections.abc import Mapping
from typing import Final

SIGN_IN: Final = {
    1: "many guesses in one document",
    2: "slow guessing at one account from many addresses",
    4: "telling accounts apart by the answer to a wrong sign-in",
    5: "telling accounts apart by asking for a way back in",
    7: "a token of another place",
    8: "a token before its time, or after it",
    10: "a stolen proof of sign-in, used a second time",
}
SCOPE: Final = {
    19: "the id of a neighbour grid's resident",
    20: "ids of every type from outside one's scope",
    22: "a nested selection that leaves the scope half way",
    23: "up to a public unit and down again to its people",
    25: "counts, page info and cursors of a filtered list",
    26: "a cursor that somebody with wider rights was given",
    28: "filters and orders over what cannot be read",
    29: "a search for a value outside one's scope",
    31: "a subscription that outlives the right to it",
    32: "a subscription without bounds",
    34: "two roles at two places, mixed",
    35: "a unit that moves while its old administrator asks",
    37: "codes and paths that begin alike",
    38: "a forged scope in an input",
    40: "guessed ids of files and jobs",
    43: "an answer that was cached for somebody else",
    44: "one batch of loads for two callers",
}
FIELDS: Final = {
    47: "a masked value under an alias, in a fragment, through an interface, in a payload",
    49: "a filter on a masked value as an oracle",
    50: "an aggregate over a masked value",
    52: "values in error texts",
    53: "values in exported files",
    55: "values in logs",
}
DEEDS: Final = {
    64: "what a refused deed leaves behind",
    65: "one foreign id among ninety-nine own ones",
    67: "a change to what is settled",
    68: "a decision in one's own matter",
    71: "a party to a dispute who is also staff",
}
RIGHTS: Final = {
    76: "grants outside one's own scope, or at none",
    77: "two who lift each other step by step",
    79: "a change to a role that others use elsewhere",
    80: "roles in a ring, or in a chain too long",
    82: "an account that is called like a role",
    83: "a right that was revoked this second",
    85: "a policy that cannot be read",
    86: "the last administrator taken away",
    88: "acting in somebody else's name",
    89: "a right granted and used in one document",
}
DOCUMENTS: Final = {
    94: "fragments nested deep and wide",
    97: "thousands of aliases",
    98: "thousands of directives",
    100: "a batch of operations as a JSON list",
    101: "thousands of operations in one document",
    103: "nested lists that multiply",
    104: "page sizes out of all bounds",
    106: "the schema, asked for by strangers",
    109: "clients that leave in the middle",
    110: "bodies without end, compressed bombs, wrong lengths",
}
TRANSPORT: Final = {
    119: "a mutation by GET, a query by GET with a cookie",
    121: "a cross-site POST with the victim's cookie",
    122: "a WebSocket from a foreign page",
    124: "a forged Host header",
    127: "answers without protecting headers",
    128: "a shared cache between two callers",
}
INJECTION: Final = {
    137: "SQL in every text",
    139: "wildcards and slow patterns in a search",
    140: "scripts in names, shown in the console",
    142: "secrets of the configuration, read back",
    143: "templates in texts",
    145: "entities and bombs in uploaded XML",
}
AUDIT: Final = {
    224: "a sensitive deed without its entry, done or refused",
    226: "an audit that cannot be written",
    227: "an entry without its deed, a deed without its entry",
    229: "personal values in the audit",
}
PRIVACY: Final = {
    283: "somebody's own data, all of it, and nobody else's",
    284: "a correction that is asked for",
    286: "a consent that is withdrawn",
    287: "all optional consents refused",
    289: "a child without a guardian's consent",
    290: "scores, ranks and tags of persons in the schema",
    292: "public lists of persons",
    293: "leaving the credit scheme",
    295: "decisions by rule, with effect on a person",
}
DEPLOYMENT: Final = {
    301: "the defaults of a production profile",
    302: "known faults in dependencies",
}
GROUPS: Final[Mapping[str, Mapping[int, str]]] = {
    "A. Sign-in and sessions": SIGN_IN,
    "B. Scope, over every path": SCOPE,
    "C. Masked fields": FIELDS,
    "D. Deeds": DEEDS,
    "E. Rights": RIGHTS,
    "F. Documents": DOCUMENTS,
    "G. Transport": TRANSPORT,
    "H. Injection": INJECTION,
    "L. Audit": AUDIT,
    "P. Privacy and fairness": PRIVACY,
    "Q. Deployment": DEPLOYMENT,
}
