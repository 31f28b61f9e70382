"""Made-up households, their dwellings and their people."""

import random
from collections.abc import Iterator

from linli import model as t
from linli.demo.names import birth_date, door, person_name, phone
from linli.demo.rows import Row, Rows, at
from linli.personal import PHONE
from linli.search import tokens
from linli.vault import Vault

MARK = "演示数据"  # where the person comes from: out of no file


def add_households(
    rows: Rows, generator: random.Random, vault: Vault, micro: Row, number: int
) -> Iterator[Row]:
    """Add households to a micro-grid; yields the residents."""
    for index in range(number):
        building, unit, room = door(generator.randrange(20) * 10 + index)
        dwelling = rows.add(t.dwelling, **at(micro), building=building, unit=unit, room=room)
        label = f"{building}-{unit}-{room}"
        household = rows.add(
            t.household,
            **at(micro),
            label=label,
            kind="family",
            dwelling_id=dwelling["id"],
            search=tokens(label),
        )
        people = [_person(rows, generator, vault, micro, household) for _ in range(generator.randint(1, 4))]
        household["head_id"] = people[0]["id"]
        rows.add(
            t.occupancy, **at(micro), dwelling_id=dwelling["id"], resident_id=people[0]["id"], kind="owner"
        )
        yield from people


def _person(rows: Rows, generator: random.Random, vault: Vault, micro: Row, household: Row) -> Row:
    name, key = person_name(generator), vault.new_person_key()
    person = rows.add(
        t.resident,
        **at(micro),
        name=name,
        search=tokens(name),
        birth_date=birth_date(generator),
        household_id=household["id"],
        data_key=key,
        **_phone(generator, vault, key),
    )
    person["import_key"] = f"{MARK} {person['id']}"
    rows.add(t.residence, **at(micro), resident_id=person["id"], kind="lives")
    return person


def _phone(generator: random.Random, vault: Vault, key: bytes) -> Row:
    number = phone(generator) if generator.random() < 0.7 else None
    return PHONE.values(vault, lambda text: vault.encrypt(key, text), number)
