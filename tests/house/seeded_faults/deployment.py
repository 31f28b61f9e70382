"""Faults of the audit and the deployment."""

from typing import Final

from tests.house.seeded_faults.fault import Fault

CONTRACT: Final = "tests/core/test_verbs_contract.py"
CANARIES: Final = "tests/core/test_audit_canaries.py"
UNWRITABLE: Final = "tests/security/test_audit_unwritable.py"
STRANGERS: Final = "tests/security/test_audit_strangers.py"
PRODUCTION: Final = "tests/security/test_deployment_production.py"
VERSIONS: Final = "tests/security/test_deployment_versions.py"
BACKUP: Final = "tests/core/test_backup.py"
DOCTOR: Final = "tests/core/test_doctor.py"

AUDIT: Final = (
    Fault(
        "a sensitive deed leaves no entry",
        "core/linli/deeds.py",
        "        if request.verb.sensitive:\n",
        "        if request.verb.sensitive and request.key:\n",
        (f"{CONTRACT}::test_a_deed_leaves_its_traces",),
    ),
    Fault(
        "closing a household is not sensitive",
        "core/linli/verbs/households.py",
        '@verb("household", sensitive=True)',
        '@verb("household")',
        ("tests/security/test_audit_declared.py::test_what_grants_reveals_closes_or_decides_is_audited",),
    ),
    Fault(
        "an entry does not say what allowed the deed",
        "core/linli/context.py",
        "            basis=basis,",
        "            basis=basis[:0],",
        (f"{CONTRACT}::test_a_deed_leaves_its_traces",),
    ),
    Fault(
        "what strangers attempt is not counted",
        "graphql/linli_graphql/service/mutations.py",
        "        if caller.actor.account_id is None:\n",
        "        if caller.actor.account_id is None and field.key == field.verb.returns:\n",
        (f"{STRANGERS}::test_what_strangers_attempt_is_one_entry_with_a_number",),
    ),
    Fault(
        "a deed is done though its audit cannot be written",
        "core/linli/traces/audit.py",
        '        raise Unavailable("the traces of a deed cannot be written") from error\n',
        "        return\n",
        (f"{UNWRITABLE}::test_without_its_audit_a_sensitive_deed_is_not_done",),
    ),
    Fault(
        "traces are dropped when a deed is acknowledged",
        "core/linli/deeds.py",
        "write_traces(connection, [*ctx.traces, *remembered, Step(RELEASE)])",
        "write_traces(connection, [*remembered, Step(RELEASE)])",
        ("tests/graphql/test_kill_once.py::test_what_a_killed_server_acknowledged_is_there_once",),
    ),
    Fault(
        "the audit keeps what people wrote",
        "core/linli/deeds.py",
        "fields=sorted(data.model_fields_set))",
        "fields=[str(value) for _, value in data])",
        (f"{CANARIES}::test_nothing_that_people_write_reaches_the_audit",),
    ),
    Fault(
        "the audit keeps whatever a proxy calls an address",
        "core/linli/traces/addresses.py",
        "    except ValueError:\n        return None\n",
        "    except ValueError:\n        return address\n",
        (f"{CANARIES}::test_of_an_address_only_what_is_needed_is_kept",),
    ),
)
SERVED: Final = (
    Fault(
        "strangers may introspect whatever the profile",
        "core/linli/config/model.py",
        'return self.profile == "development" if told is None else told',
        "return told is None or told",
        (f"{PRODUCTION}::test_strangers_find_no_console_no_schema_and_no_hints",),
    ),
    Fault(
        "the demo is built in a production place",
        "graphql/linli_graphql/commands/demo.py",
        'if opened.config.profile == "production":',
        'if opened.config.profile == "":',
        (f"{PRODUCTION}::test_a_new_place_holds_nobody_and_takes_no_demo",),
    ),
    Fault(
        "packages with known faults are served on",
        "core/linli/deployment.py",
        "    check_versions(config)\n",
        "",
        (f"{VERSIONS}::test_the_server_does_not_start_beside_a_faulty_package",),
    ),
    Fault(
        "the doctor finds no fault with a mighty role",
        "core/linli/doctor/database.py",
        'if mighty == "on":',
        'if mighty == "":',
        (f"{DOCTOR}::test_on_postgresql_might_and_loss_are_found",),
    ),
    Fault(
        "a configuration is shown with its passwords",
        "core/linli/config/shown.py",
        "render_as_string(hide_password=True)",
        "render_as_string(hide_password=False)",
        (f"{DOCTOR}::test_a_configuration_is_shown_without_its_secrets",),
    ),
)
KEPT: Final = (
    Fault(
        "a backup that was cut between two frames passes",
        "core/linli/backup/sealing.py",
        'return number.to_bytes(11, "big") + (b"\\1" if last else b"\\0")',
        'return number.to_bytes(11, "big") + b"\\0"',
        (f"{BACKUP}::test_each_frame_is_bound_to_its_place_and_its_file",),
    ),
    Fault(
        "a backup is restored over what is there",
        "core/linli/backup/restoring.py",
        "    if not sqlite.is_empty(target):\n",
        "    if not target.parent.exists():\n",
        (f"{BACKUP}::test_a_backup_is_restored_into_an_empty_place_of_its_kind_only",),
    ),
    Fault(
        "a backup can be read without its key",
        "core/linli/backup/sealing.py",
        'return AESGCM(hmac.digest(key, b"linli backup" + head, "sha256"))',
        'return AESGCM(hmac.digest(key[:0], b"linli backup" + head, "sha256"))',
        (f"{BACKUP}::test_a_damaged_backup_is_refused_before_anything_is_touched",),
    ),
)
DEPLOYMENT: Final[tuple[Fault, ...]] = (*AUDIT, *SERVED, *KEPT)
