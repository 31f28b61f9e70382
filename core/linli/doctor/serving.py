"""What a server shows to strangers, and who can sign in."""

import ipaddress
from collections.abc import Iterator

from sqlalchemy import func, select

from linli import model as t
from linli.deployment import Deployment
from linli.doctor.advice import Advice, danger, note


def check_profile(opened: Deployment) -> Iterator[Advice]:
    """What a production profile switches off is off."""
    config = opened.config
    if config.profile == "development":
        yield note("development") if _is_loopback(config.server.host) else danger("development_reached")
        return
    for name, on in (
        ("console", config.serves_console),
        ("introspection", config.introspects),
        ("suggestions", config.suggests),
    ):
        if on:
            yield note("switched_on", key=f"server.{name}")


def check_reach(opened: Deployment) -> Iterator[Advice]:
    """Names, figures and the way in."""
    server = opened.config.server
    if opened.config.profile == "production" and not server.hosts:
        yield danger("hosts")
    if not _is_loopback(server.host):
        yield note("plain_http", host=server.host)
        if server.metrics_token is None:
            yield note("metrics")


def check_people(opened: Deployment) -> Iterator[Advice]:
    """Somebody administers, and nobody of the demo is left."""
    demo = select(func.count()).select_from(t.audit).where(t.audit.c.action == "demo.account")
    held = select(func.count()).select_from(t.assignment).where(t.assignment.c.until.is_(None))
    with opened.database.begin() as connection:
        if not connection.execute(held).scalar_one():
            yield note("nobody")
        if opened.config.profile == "production" and connection.execute(demo).scalar_one():
            yield danger("demo")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
