"""Faults of hostile documents, transport and injection."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

GRAPHQL: Final = "graphql/linli_graphql"
DOCUMENTS: Final = "tests/security/test_documents_limits.py"
REFUSED: Final = f"{DOCUMENTS}::test_a_hostile_document_is_refused_before_it_is_run"
HOSTS: Final = "tests/security/test_transport_hosts.py"
BUDGETS: Final = "tests/security/test_transport_budgets.py"
SQL: Final = "tests/security/test_injection_sql.py"
FOLLOWED: Final = "tests/security/test_documents_subscriptions.py"
PRODUCTION: Final = "tests/security/test_documents_production.py"
BODIES: Final = "tests/graphql/test_http_bodies.py"
GUARDS: Final = "tests/graphql/test_http_guards.py"

HOSTILE: Final[tuple[Fault, ...]] = (
    Fault(
        "documents without limits",
        f"{GRAPHQL}/service/documents.py",
        "        check_limits(document)\n",
        "",
        (REFUSED,),
    ),
    Fault(
        "fragments measured wherever they are spread",
        f"{GRAPHQL}/service/limits.py",
        "        if name not in self._known:\n",
        "        if name:\n",
        (f"{DOCUMENTS}::test_a_fragment_is_measured_once",),
    ),
    Fault(
        "aliases without number",
        f"{GRAPHQL}/service/limits.py",
        '        _refuse_over("aliases", self.aliases, MOST_ALIASES)\n',
        "",
        (REFUSED,),
    ),
    Fault(
        "directives without number",
        f"{GRAPHQL}/service/limits.py",
        '        _refuse_over("directives", self.directives, MOST_DIRECTIVES)\n',
        "",
        (REFUSED,),
    ),
    Fault(
        "lists of operations taken for one",
        f"{GRAPHQL}/transport/parameters.py",
        "    if isinstance(value, list):\n        raise",
        "    if isinstance(value, list):\n        return from_value(value[0], documents)\n        raise",
        (f"{DOCUMENTS}::test_a_list_of_operations_is_refused",),
    ),
    Fault(
        "the first of several operations run unasked",
        f"{GRAPHQL}/service/documents.py",
        "if name is None and len(self.operations) > 1:",
        "if name is None and not self.operations:",
        (f"{DOCUMENTS}::test_one_of_several_operations_must_be_named",),
    ),
    Fault(
        "operations without number",
        f"{GRAPHQL}/service/limits.py",
        '    _refuse_over("operations", len(operations), MOST_OPERATIONS)\n',
        "",
        (REFUSED,),
    ),
    Fault(
        "rows that multiply without end",
        f"{GRAPHQL}/plan/compiler.py",
        "        if self.cost > self.most_rows:\n",
        "        if not self.most_rows:\n",
        (REFUSED, f"{DOCUMENTS}::test_rows_multiply_over_nested_lists"),
    ),
    Fault(
        "counts that cost nothing",
        f"{GRAPHQL}/plan/connection.py",
        "                self.compiler.spend(self.around * TOTAL)\n",
        "",
        (f"{DOCUMENTS}::test_rows_add_up_over_aliases_and_counts",),
    ),
    Fault(
        "deeds that each may cost all there is",
        f"{GRAPHQL}/service/mutations.py",
        "        await self._service.afford(incoming.token, cost)\n",
        "",
        (f"{DOCUMENTS}::test_rows_add_up_over_the_deeds_of_a_document",),
    ),
    Fault(
        "pages of any size",
        f"{GRAPHQL}/plan/connection.py",
        "max(0, min(int(asked), MOST))",
        "max(0, int(asked))",
        (f"{DOCUMENTS}::test_a_page_has_a_size_of_reason",),
    ),
    Fault(
        "the schema told to strangers",
        f"{GRAPHQL}/app.py",
        "        introspection=config.introspects,\n",
        "        introspection=True,\n",
        (f"{PRODUCTION}::test_strangers_learn_nothing_of_the_schema",),
    ),
    Fault(
        "names suggested to strangers",
        f"{GRAPHQL}/composition.py",
        "Terms(deployment.config.suggests,",
        "Terms(True,",
        (f"{PRODUCTION}::test_no_error_suggests_a_name",),
    ),
    Fault(
        "introspection without a bound",
        f"{GRAPHQL}/service/service.py",
        "        self._check_introspection(form)\n",
        "",
        (REFUSED,),
    ),
    Fault(
        "work that goes on for nobody",
        f"{GRAPHQL}/transport/body.py",
        "            self._reason = ClientGoneError()\n",
        "            return\n",
        ("tests/security/test_documents_leaving.py::test_the_work_of_one_who_left_is_stopped",),
    ),
    Fault(
        "bodies without end",
        f"{GRAPHQL}/transport/body.py",
        "        if size > limits.body_bytes:\n",
        "        if size < 0:\n",
        (f"{BODIES}::test_a_body_without_end_is_read_up_to_its_limit",),
    ),
    Fault(
        "bodies as large as they say",
        f"{GRAPHQL}/transport/body.py",
        " or int(length) > limits.body_bytes:\n",
        ":\n",
        (f"{BODIES}::test_a_body_that_says_it_is_too_large_is_not_read",),
    ),
    Fault(
        "errors without number",
        f"{GRAPHQL}/service/documents.py",
        "        most = MOST_ERRORS - 1\n",
        "        most = 10_000\n",
        (f"{DOCUMENTS}::test_a_flood_of_errors_is_cut_short",),
    ),
    Fault(
        "any host",
        f"{GRAPHQL}/transport/edge.py",
        "return host is not None and (not self._options.hosts or host in self._options.hosts)",
        "return True",
        (f"{HOSTS}::test_a_forged_host_is_400",),
    ),
    Fault(
        "a target that names a host of its own",
        f"{GRAPHQL}/transport/server.py",
        '        if not self.url.startswith(b"/"):\n',
        "        if not self.url:\n",
        (f"{HOSTS}::test_a_forged_host_is_400",),
    ),
    Fault(
        "answers without protection",
        f"{GRAPHQL}/transport/edge.py",
        "headers + [one for one in DEFAULTS if one[0] not in given]",
        "headers + [one for one in DEFAULTS if one[0] in given]",
        (f"{HOSTS}::test_every_page_protects_itself",),
    ),
    Fault(
        "any page may speak",
        f"{GRAPHQL}/transport/cors.py",
        '    if origin is None or origin.decode("latin-1") not in origins:\n',
        "    if origin is None:\n",
        (f"{HOSTS}::test_pages_of_other_origins_are_told_nothing",),
    ),
    Fault(
        "answers that a shared cache may keep",
        f"{GRAPHQL}/transport/replies.py",
        '    (b"cache-control", b"no-store"),\n',
        '    (b"cache-control", b"public, max-age=60"),\n',
        (f"{HOSTS}::test_every_page_protects_itself", f"{HOSTS}::test_nothing_is_kept_for_another_caller"),
    ),
    Fault(
        "anybody may speak for others",
        f"{GRAPHQL}/transport/server.py",
        '        "proxy_headers": False,\n',
        '        "proxy_headers": True,\n',
        (f"{BUDGETS}::test_forwarded_headers_are_believed_of_known_proxies_only",),
    ),
    Fault(
        "callers without a budget",
        f"{GRAPHQL}/transport/http.py",
        "            self.budget.spend(scope, token)\n",
        "",
        (f"{BUDGETS}::test_a_flood_from_one_address_is_refused_and_others_are_served",),
    ),
    Fault(
        "subscriptions that cost nothing",
        f"{GRAPHQL}/service/subscriptions.py",
        "        if self._costs[key] + cost > self._service.planner.terms.most_rows(actor):\n",
        "        if cost < 0:\n",
        (f"{FOLLOWED}::test_an_account_pays_for_what_its_subscriptions_may_tell",),
    ),
    Fault(
        "values written into statements",
        f"{GRAPHQL}/plan/compiler.py",
        "        constant = convert(value)\n        return self.bind(lambda _: constant, kind)\n",
        "        constant = convert(value)\n        return literal(constant, kind, literal_execute=True)\n",
        (f"{SQL}::test_sql_in_any_text_is_bound_and_answered_like_any_odd_text",),
    ),
    Fault(
        "what an id calls its type written into statements",
        f"{GRAPHQL}/plan/root.py",
        'compiler.json.text(node_type if known else "")',
        "compiler.json.text(node_type)",
        (f"{SQL}::test_sql_in_an_id_is_no_type",),
    ),
    Fault(
        "bombs in workbooks",
        "core/linli/importing/workbook_process.py",
        "        if part.file_size > max(ALWAYS_ALLOWED, RATIO * part.compress_size):\n",
        "        if part.file_size < 0:\n",
        ("tests/core/test_import_workbook_hostile.py::test_it_is_refused_with_a_sentence",),
    ),
)
