"""Faults of masked and revealed values."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

LOOKUP: Final = "tests/security/test_masks_lookup.py"
REVEAL: Final = "tests/security/test_masks_reveal.py"
KEYS: Final = "tests/security/test_masks_keys.py"
CANARIES: Final = "tests/security/test_masks_canaries.py"
REVEALING: Final = "core/linli/revealing.py"
LISTING: Final = "graphql/linli_graphql/plan/listing.py"

PERSONAL: Final[tuple[Fault, ...]] = (
    Fault(
        "a phone is shown unmasked",
        "core/linli/personal.py",
        '"phone", mask_phone)',
        '"phone", str)',
        (
            f"{CANARIES}::test_every_field_of_every_type_asked_by_every_role_shows_no_clear_value",
            f"{CANARIES}::test_nothing_that_is_kept_or_exported_beside_a_person_holds_clear_text",
        ),
    ),
    Fault(
        "a value is looked up wherever it may be read",
        LISTING,
        'compiler.permitted(permission, rows, "reveal"))',
        'compiler.permitted(permission, rows, "read"))',
        (f"{LOOKUP}::test_a_whole_value_finds_whom_the_caller_may_reveal_and_nobody_else",),
    ),
    Fault(
        "a search finds people by their numbers",
        "core/linli/verbs/residents.py",
        '"search": tokens(data.name),\n        "birth_date"',
        '"search": tokens(f"{data.name} {data.phone} {data.id_number}"),\n        "birth_date"',
        (f"{LOOKUP}::test_a_search_knows_no_sensitive_value",),
    ),
    Fault(
        "words that hold no letter find everybody",
        LISTING,
        "query_tokens(words) or NO_WORD",
        "query_tokens(words) or words",
        (f"{LOOKUP}::test_wildcards_in_a_search_are_letters",),
    ),
    Fault(
        "whose values may be read may be revealed",
        REVEALING,
        'ctx.decide(one, "reveal") for one in look.permissions',
        'ctx.decide(one, "read") for one in look.permissions',
        (f"{REVEAL}::test_one_who_may_not_be_revealed_refuses_the_whole_deed",),
    ),
    Fault(
        "a look without a purpose is a look",
        "core/linli/verbs/revealing.py",
        "StringConstraints(min_length=4, max_length=200)",
        "StringConstraints(max_length=200)",
        (f"{REVEAL}::test_with_a_purpose_clear_text_is_shown_and_one_entry_says_what_who_and_why",),
    ),
    Fault(
        "what is answered leaves no audit entry",
        "core/linli/deeds.py",
        "[*ctx.traces, _told(request, data), Step(RELEASE)]",
        "[*ctx.traces, Step(RELEASE)]",
        (f"{REVEAL}::test_with_a_purpose_clear_text_is_shown_and_one_entry_says_what_who_and_why",),
    ),
    Fault(
        "nobody's looks are counted",
        REVEALING,
        "    if over <= 0:\n",
        "    if over <= 10_000:\n",
        (f"{REVEAL}::test_the_quota_of_an_hour_stops_one_account_and_tells_the_level_above",),
    ),
    Fault(
        "looks at the same time do not count each other",
        REVEALING,
        "    ctx.connection.execute(mine)\n",
        "    str(mine)\n",
        (f"{REVEAL}::test_looks_at_the_same_time_count_each_other",),
    ),
    Fault(
        "a sentence reaches into what it is given",
        "core/linli/messages.py",
        "if not name.isidentifier():",
        "if not name:",
        (f"{CANARIES}::test_a_sentence_prints_what_it_is_given_and_reaches_into_nothing",),
    ),
    Fault(
        "a fault shows its error",
        "graphql/linli_graphql/service/errors.py",
        '"message": messages.text(refusal.key, language, **refusal.params),',
        '"message": repr((refusal, refusal.__class__.__module__, __file__)),',
        (f"{CANARIES}::test_odd_inputs_echo_nothing_that_is_kept_and_nothing_of_the_inside",),
    ),
    Fault(
        "the access log tells every path",
        "graphql/linli_graphql/transport/edge.py",
        'if status != NOT_FOUND else "(unknown)"',
        'if status else "(unknown)"',
        (f"{CANARIES}::test_what_a_request_carries_is_not_logged",),
    ),
    Fault(
        "an event tells what was changed to what",
        "core/linli/verbs/residents.py",
        'ctx.record("resident.updated", data.resident, row, fields=sorted(given))',
        'ctx.record("resident.updated", data.resident, row, **data.model_dump(mode="json"))',
        (f"{CANARIES}::test_nothing_that_is_kept_or_exported_beside_a_person_holds_clear_text",),
    ),
    Fault(
        "who may sign in shows the hash of the token",
        "graphql/linli_graphql/nodes/access.py",
        '"state": text("state", "`active` or `closed`."),',
        '"state": text("state", "`active` or `closed`."), "tokenHash": text("name", "."),',
        (f"{CANARIES}::test_no_secret_of_the_configuration_can_be_asked_for",),
    ),
    Fault(
        "equal values are looked for under the newest key alone",
        "core/linli/vault.py",
        "for key in self.ring.keys]",
        "for key in self.ring.keys[:1]]",
        (f"{KEYS}::test_a_rotation_that_is_killed_goes_on_and_the_old_key_can_be_put_away",),
    ),
    Fault(
        "a list can be filtered by a masked column",
        "graphql/linli_graphql/nodes/people.py",
        '"name": equal("name", Scalar.STRING, "Only this full name."),',
        '"name": equal("name", Scalar.STRING, "."),'
        ' "phoneStartsWith": equal("phone_masked", Scalar.STRING, "."),',
        (
            f"{LOOKUP}::test_nothing_declared_finds_orders_or_tells_by_a_masked_column",
            f"{LOOKUP}::test_an_oracle_is_refused_as_an_unknown_argument_is",
        ),
    ),
    Fault(
        "an export opens what is sealed",
        "core/linli/verify/export.py",
        "    lines = 0\n",
        "    lines, _ = 0, lambda vault: vault.decrypt\n",
        (f"{CANARIES}::test_clear_text_has_three_doors",),
    ),
    Fault(
        "a key is put away while it is needed",
        "core/linli/commands/keys.py",
        "if old := _old(ring, _used(opened)):",
        "if old := _old(ring, {}):",
        (f"{KEYS}::test_a_rotation_that_is_killed_goes_on_and_the_old_key_can_be_put_away",),
    ),
)
