"""What people may know of their data: the register, purposes of consent, consents, and their requests."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection as Database

from linli import model as t
from linli.messages import Language
from linli.privacy.declared import read_fields
from linli.privacy.statistics import access_figures
from linli_graphql.declare.fields import Asking, Column, Connection, Field, ObjectType, RootResolver, ToOne
from linli_graphql.declare.kinds import Scalar, choice
from linli_graphql.nodes.shared import day, equal, grid_field, instant, node_fields, refers, text

REQUEST_KIND = choice(
    "DataRequestKind",
    "What a person asks for.",
    [("correction", "The correction of their record."), ("erasure", "To be erased.")],
)
REQUEST_STATE = choice(
    "DataRequestState",
    "How far a request has come.",
    [("open", "Not decided."), ("accepted", "Accepted and done."), ("refused", "Refused, with a reason.")],
)
PERSON = ToOne(target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="Whose it is.")

CONSENT = ObjectType(
    name="Consent",
    description="A person's agreement to a purpose for which personal data are used.",
    table=t.consent,
    resource="consent",
    node_type="consent",
    fields={
        "id": node_fields()["id"],
        **grid_field(),
        "resident": PERSON,
        "purpose": text("purpose", "Name of the purpose, see `consentPurposes`."),
        "termsVersion": Column(column="terms", kind=Scalar.INT, description="The version of its text."),
        "onPaper": Column(
            column="on_paper",
            kind=Scalar.BOOLEAN,
            description="Whether staff entered what was signed on paper.",
        ),
        "guardian": ToOne(
            target="Resident",
            on=lambda row, to: to.c.id == row.c.guardian_id,
            description="Who agreed for a child, if visible.",
        ),
        "givenAt": instant("valid_from", "When it was given."),
        "withdrawnAt": instant("valid_to", "When it was withdrawn; null while it is in force."),
    },
    filters={
        "purpose": equal("purpose", Scalar.STRING, "Only this purpose."),
        "resident": refers("resident_id", "resident", "Only this person's."),
    },
)

DATA_REQUEST = ObjectType(
    name="DataRequest",
    description="What a person asks for about their own record, and the answer.",
    table=t.data_request,
    resource="data_request",
    node_type="data_request",
    fields={
        **node_fields(),
        **grid_field(),
        "resident": PERSON,
        "kind": Column(column="kind", kind=REQUEST_KIND, description="What is asked for."),
        "field": text("field", "The field that is wrong, if one was named."),
        "wish": text("wish", "The person's own words."),
        "state": Column(column="state", kind=REQUEST_STATE, description="How far it has come."),
        "decideBy": day("decide_by", "The last day for the answer."),
        "decidedAt": instant("decided_at", "When it was decided."),
        "decision": text("decision", "Why it was accepted or refused."),
        "correctedBy": ToOne(
            target="Event",
            on=lambda row, to: to.c.id == row.c.event_id,
            description="The deed that corrected it.",
        ),
    },
    filters={
        "kind": equal("kind", REQUEST_KIND, "Only this kind."),
        "state": equal("state", REQUEST_STATE, "Only this state."),
        "resident": refers("resident_id", "resident", "Only this person's."),
    },
)

REGISTER_ENTRY = ObjectType(
    name="ProcessingEntry",
    description="A personal field that is kept: why, and for how long.",
    fields={
        name: Column(column=name, never_null=True, description=description)
        for name, description in {
            "field": "Table and column.",
            "plugin": "Who declares it: `core` or a plugin, disabled ones too.",
            "purpose": "Why it is kept.",
            "sensitivity": "`general` or `sensitive`.",
            "retention": "For how long.",
        }.items()
    },
)

CONSENT_PURPOSE = ObjectType(
    name="ConsentPurpose",
    description="Something that is done with a person's data only while the person agrees.",
    fields={
        "name": Column(column="name", never_null=True, description="Name to give consent by."),
        "version": Column(
            column="version",
            kind=Scalar.INT,
            never_null=True,
            description="Version of the text as it is now.",
        ),
        "title": Column(column="title", never_null=True, description="Its title."),
        "text": Column(column="text", never_null=True, description="What is agreed to."),
        "optional": Column(
            column="optional",
            kind=Scalar.BOOLEAN,
            never_null=True,
            description="Whether everything essential works without it.",
        ),
    },
)


ACCESS_FIGURE = ObjectType(
    name="AccessFigure",
    description="How often personal values were looked at in clear text.",
    fields={
        "month": Column(column="month", never_null=True, description="Month, such as 2026-11."),
        "role": Column(column="role", never_null=True, description="Role of who looked; several count each."),
        "purpose": Column(
            column="purpose",
            never_null=True,
            description="What for; `other` for purposes named fewer than five times.",
        ),
        "looks": Column(column="looks", kind=Scalar.INT, description="How often; null for one to four."),
    },
)


def _language(asking: Asking) -> Language:
    return "zh-CN" if asking.language == "zh-CN" else "en"


async def processing_register(asking: Asking, _: Mapping[str, Any]) -> Any:
    """Tell every declared personal field."""

    def work(connection: Database) -> list[dict[str, str]]:
        return [one.told(_language(asking)) for one in read_fields(connection)]

    return await asking.read(work)


async def access_statistics(asking: Asking, _: Mapping[str, Any]) -> Any:
    """Tell the figures to who may see figures of some grid; to others none."""
    if not asking.policy.decide(asking.actor, "grid", "statistics").arms:
        return []

    def work(connection: Database) -> list[dict[str, Any]]:
        return [asdict(one) for one in access_figures(connection)]

    return await asking.read(work)


async def consent_purposes(asking: Asking, _: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tell the purposes of core and plugins."""
    return [
        {
            "name": one.name,
            "version": one.version,
            "title": one.title.text(_language(asking)),
            "text": one.text.text(_language(asking)),
            "optional": one.optional,
        }
        for one in asking.consents.values()
    ]


TYPES = (CONSENT, DATA_REQUEST, REGISTER_ENTRY, CONSENT_PURPOSE, ACCESS_FIGURE)
ROOTS: dict[str, Field] = {
    "consents": Connection(target="Consent", description="Consents that the caller may see."),
    "dataRequests": Connection(
        target="DataRequest", description="Requests for correction or erasure that the caller may see."
    ),
    "processingRegister": RootResolver(
        target="ProcessingEntry",
        arguments={},
        resolve=processing_register,
        many=True,
        description="Every personal field that is kept here, why and for how long; for everybody to read.",
    ),
    "accessStatistics": RootResolver(
        target="AccessFigure",
        arguments={},
        resolve=access_statistics,
        many=True,
        description="Looks at clear text by month, role and purpose; empty for who may see no figures.",
    ),
    "consentPurposes": RootResolver(
        target="ConsentPurpose",
        arguments={},
        resolve=consent_purposes,
        many=True,
        description="What is done only with a person's consent, in the caller's language.",
    ),
}
RESIDENT_FIELDS: dict[str, Field] = {
    "consents": Connection(
        target="Consent",
        on=lambda row, to: to.c.resident_id == row.c.id,
        description="What the person agreed to.",
    ),
    "dataRequests": Connection(
        target="DataRequest",
        on=lambda row, to: to.c.resident_id == row.c.id,
        description="What the person has asked for about the own record.",
    ),
}
