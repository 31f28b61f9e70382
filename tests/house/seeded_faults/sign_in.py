"""Faults of signing in."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

CORE: Final = "core/linli/access"
EDGE: Final = "graphql/linli_graphql"
TESTS: Final = "tests/security"
OIDC: Final = f"{TESTS}/test_sign_in_oidc.py"
TOKENS: Final = f"{TESTS}/test_sign_in_id_tokens.py"
CODES: Final = f"{TESTS}/test_sign_in_codes.py"
COOKIES: Final = f"{TESTS}/test_sign_in_cookies.py"
ENDS: Final = f"{TESTS}/test_sessions_end.py"
COMMANDS: Final = f"{TESTS}/test_sign_in_commands.py"

GUESSES: Final = (
    Fault(
        "many guesses fit into one request",
        f"{EDGE}/transport/sign_in.py",
        "    if not isinstance(name, str) or not isinstance(code, str):\n",
        "    if isinstance(value, list):\n        name, code = value[0]['name'], value[0]['code']\n"
        "    if not isinstance(name, str) or not isinstance(code, str):\n",
        (f"{CODES}::test_many_guesses_in_one_request_are_none",),
    ),
    Fault(
        "guesses are not counted by account",
        f"{CORE}/codes.py",
        "    if number > FAILURES:\n",
        "    if number < 0:\n",
        (
            f"{CODES}::test_guessing_from_many_addresses_is_stopped_for_the_account_alone",
            f"{CODES}::test_a_wrong_try_tells_nothing_of_the_account",
        ),
    ),
    Fault(
        "a code outlives its five tries",
        f"{CORE}/codes.py",
        "code.c.tries < TRIES, ",
        "",
        (f"{CODES}::test_a_code_is_worth_nothing_after_five_tries_also_side_by_side",),
    ),
    Fault(
        "a name of nobody is told apart before the code is looked at",
        f"{CORE}/codes.py",
        "    row = _code_of(connection,",
        "    if account is None:\n        return Verdict()\n    row = _code_of(connection,",
        (f"{CODES}::test_a_wrong_try_tells_nothing_of_the_account",),
    ),
    Fault(
        "a code that was used lets in again",
        f"{CORE}/codes.py",
        "    if row.used_at is not None:\n",
        "    if row.used_at is None and not right:\n",
        (f"{CODES}::test_a_code_that_is_used_twice_ends_the_session_that_it_opened",),
    ),
    Fault(
        "a closed account's identity lets in",
        f"{CORE}/sessions.py",
        'return found if found is not None and found.state == "active" else None',
        "return found",
        (f"{OIDC}::test_who_has_no_account_or_a_closed_one_is_answered_alike",),
    ),
    Fault(
        "names that look alike are two",
        f"{CORE}/names.py",
        'unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold()).strip()',
        "shown.casefold().strip()",
        (f"{COMMANDS}::test_a_name_that_looks_like_another_is_that_other",),
    ),
)
PROOFS: Final = (
    Fault(
        "a way to the provider is ended twice",
        f"{EDGE}/sign_in/desk.py",
        "        if await self._database.run(partial(sessions.was_used, proof=proof)):\n",
        "        if not proof:\n",
        (f"{OIDC}::test_a_way_that_is_ended_twice_ends_the_session_that_it_opened",),
    ),
    Fault(
        "an ID token for another place is believed",
        f"{EDGE}/sign_in/id_token.py",
        "    if expected.client_id not in named:\n",
        "    if not named:\n",
        (f"{TOKENS}::test_an_id_token_for_somebody_else_proves_nothing",),
    ),
    Fault(
        "an ID token of another issuer is believed",
        f"{EDGE}/sign_in/id_token.py",
        '    if claims.get("iss") != expected.issuer:\n',
        '    if not claims.get("iss"):\n',
        (f"{TOKENS}::test_an_id_token_for_somebody_else_proves_nothing",),
    ),
    Fault(
        "an ID token whose time is over is believed",
        f"{EDGE}/sign_in/id_token.py",
        'if not _seconds(claims, "exp") > now - LEEWAY:',
        'if not _seconds(claims, "exp") > 0:',
        (f"{TOKENS}::test_an_id_token_out_of_its_time_proves_nothing",),
    ),
    Fault(
        "an ID token from times to come is believed",
        f"{EDGE}/sign_in/id_token.py",
        'if "nbf" in claims and not _seconds(claims, "nbf") <= now + LEEWAY:',
        'if "nbf" in claims and not _seconds(claims, "nbf"):',
        (f"{TOKENS}::test_an_id_token_out_of_its_time_proves_nothing",),
    ),
    Fault(
        "a session has no end",
        f"{CORE}/actors.py",
        "t.token.c.revoked_at.is_(None), t.token.c.expires_at > now()",
        "t.token.c.revoked_at.is_(None)",
        (f"{ENDS}::test_a_session_is_good_for_its_hours_and_not_a_second_longer",),
    ),
    Fault(
        "the end of a session is not told to the workers",
        f"{CORE}/sessions.py",
        "    renew(connection, [account_id])\n    account =",
        "    account =",
        (f"{ENDS}::test_a_session_that_ends_takes_its_sockets_with_it_on_every_worker",),
    ),
)
COOKIE: Final = (
    Fault(
        "a cookie counts by GET",
        f"{EDGE}/transport/cookies.py",
        "        return arrival.token\n",
        "        return arrival.token or self.cookies.token(arrival)\n",
        (f"{COOKIES}::test_by_get_a_cookie_is_nobody",),
    ),
    Fault(
        "deeds are done by GET",
        f"{EDGE}/transport/http.py",
        "            mutations=post,\n",
        "            mutations=True,\n",
        (f"{COOKIES}::test_a_bearer_token_by_get_does_no_deed",),
    ),
    Fault(
        "a cookie counts without the header",
        f"{EDGE}/transport/cookies.py",
        "        if MARK not in arrival.headers or not self.origins.welcome(arrival):\n",
        "        if not self.origins.welcome(arrival):\n",
        (
            f"{COOKIES}::test_a_foreign_page_does_nothing_with_the_victims_cookie",
            f"{COOKIES}::test_a_foreign_page_signs_nobody_out",
        ),
    ),
    Fault(
        "a cookie counts for pages of any origin",
        f"{EDGE}/transport/origins.py",
        '        return text in self.listed or same_origin(text, arrival.text(b"host"))',
        "        return bool(text)",
        (
            f"{COOKIES}::test_a_foreign_page_does_nothing_with_the_victims_cookie",
            f"{COOKIES}::test_a_foreign_page_opens_no_socket",
        ),
    ),
    Fault(
        "a socket's cookie counts without an origin",
        f"{EDGE}/transport/cookies.py",
        '        if b"origin" not in arrival.headers or not self.origins.welcome(arrival):\n',
        "        if not self.origins.welcome(arrival):\n",
        (f"{COOKIES}::test_a_sockets_cookie_counts_for_own_and_listed_pages_alone",),
    ),
)
SIGN_IN: Final[tuple[Fault, ...]] = (*GUESSES, *PROOFS, *COOKIE)
