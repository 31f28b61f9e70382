"""The whole examination; a check that fails is a finding, and ends no other."""

from collections.abc import Callable, Iterator
from typing import Final

from linli.config.faults import ConfigError
from linli.database.database import Unavailable
from linli.deployment import Deployment
from linli.doctor.advice import Advice, danger
from linli.doctor.database import check_clock, check_database, check_durability, check_roles, check_tls
from linli.doctor.files import (
    check_code,
    check_configuration,
    check_disk,
    check_keys,
    check_rights,
    check_user,
)
from linli.doctor.keeping import check_backups, check_heads
from linli.doctor.serving import check_people, check_profile, check_reach
from linli.traces.faults import fault_text

Check = Callable[[Deployment], Iterator[Advice]]

CHECKS: Final[tuple[Check, ...]] = (
    check_keys,
    check_user,
    check_configuration,
    check_rights,
    check_code,
    check_disk,
    check_database,
    check_roles,
    check_tls,
    check_durability,
    check_clock,
    check_profile,
    check_reach,
)
OF_ROWS: Final[tuple[Check, ...]] = (check_people, check_heads, check_backups)


def examine(opened: Deployment) -> list[Advice]:
    """Return all that is found; dangers first. Nothing is changed."""
    found = [advice for check in CHECKS for advice in _attempted(check, opened)]
    if not {one.key for one in found} & {"migrations", "database_away"}:  # else the tables may not be there
        found += [advice for check in OF_ROWS for advice in _attempted(check, opened)]
    distinct = {(one.key, str(one.params)): one for one in found}
    return sorted(distinct.values(), key=lambda one: not one.danger)


def _attempted(check: Check, opened: Deployment) -> list[Advice]:
    try:
        return list(check(opened))
    except ConfigError as error:
        return [danger("configuration", fault=str(error))]
    except Unavailable:
        return [danger("database_away")]
    except Exception as error:  # noqa: BLE001 - whatever a broken machine makes a check raise
        return [danger("check_failed", check=check.__name__, fault=fault_text(error))]
