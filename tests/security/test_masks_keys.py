"""Keys: either cipher, a rotation that may be killed, and nothing lost when the old key is put away."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from typer.testing import CliRunner, Result

from linli import model as t
from linli.clock import now
from linli.commands.keys import keys
from linli.deployment import Deployment, open_deployment
from linli.keys import BadKeysError, KeyRing, MasterKey, UnknownKeyError, keys_text, read_keys
from linli.rotation import uses
from linli.traces.chain import GENESIS, Head
from linli.traces.heads import read_heads, write_head
from linli.vault import CIPHERS, CipherName, Vault
from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import Place, Served, serving
from tests.security.personal import account_of, entered, id_number, reveal
from tests.support.server import write_config

PEOPLE, KILLED_AT = 24, 15
KILLED = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from linli import rotation
from linli.commands import keys
rotation.BATCH = 5
@contextmanager
def progress():
    def advance(stage, done, total):
        if done >= int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    yield advance
keys.progress = progress
keys.rotate(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_either_cipher_has_sealed_is_opened_whichever_is_set(cipher: CipherName) -> None:
    ring = KeyRing((MasterKey(b"k" * 32),))
    vault = Vault(lambda: ring, cipher)
    person = vault.new_person()
    wrapped, sealed = person.wrapped, person.encrypt("13800138000")
    assert b"13800138000" not in sealed
    assert wrapped[:5] == bytes([1 + CIPHERS.index(cipher)]) + ring.newest.id
    for other in CIPHERS:
        assert Vault(lambda: ring, other).decrypt(wrapped, sealed) == "13800138000"
        assert vault.decrypt(wrapped, Vault(lambda: ring, other).encrypt(wrapped, "王")) == "王"
    for index in range(len(sealed)):
        spoilt = bytearray(sealed)
        spoilt[index] ^= 1
        with pytest.raises(InvalidTag):
            vault.decrypt(wrapped, bytes(spoilt))
    with pytest.raises(UnknownKeyError):
        Vault(b"x" * 32).decrypt(wrapped, sealed)


def test_a_key_file_holds_what_was_written_and_nothing_else_is_one() -> None:
    ring = KeyRing((MasterKey(b"a" * 32),)).rotated().rotated()
    assert read_keys(keys_text(ring)) == ring
    left = ring.retire()
    assert read_keys(keys_text(left)) == left
    assert (left.keys, left.heads, left.lasting) == (ring.keys[:1], ring.heads, ring.lasting)
    for one in ring.keys[1:]:
        assert one.secret.hex() not in keys_text(left), "a retired key cannot be had back from the file"
    for text in ("", "zz", "ab" * 31, f"{'ab' * 32}\n{'ab' * 32}", f"retired {'ab' * 4}", "# a note"):
        with pytest.raises(BadKeysError):
            read_keys(text)


@asynccontextmanager
async def kept(place: Place, folder: Path) -> AsyncIterator[tuple[Served, Deployment, Path]]:
    """Serve a place with the keys of a file, beside which commands can be run."""
    config = write_config(folder, place.url)
    deployment = open_deployment(config, os.environ)
    async with serving(place, AppOptions()) as served:
        served.service.deeds = replace(served.service.deeds, vault=deployment.vault, reveals_per_hour=10_000)
        yield served, deployment, config
    deployment.database.engine.dispose()


def linli(config: Path, word: str) -> Result:
    """Run `linli key`."""
    return CliRunner().invoke(keys, [word, "--config", str(config)], env={"LINLI_LANG": "en"})


def made_by(served: Served) -> dict[str, int]:
    with served.database.begin() as connection:
        return dict(uses(connection))


async def assert_all_there(served: Served, who: dict[str, str], phones: dict[str, str]) -> None:
    """Every value is read as it was written, found by its whole, and not entered twice."""
    shown, errors = await reveal(served, who, list(phones))
    assert errors == []
    assert {one["node"]: one["value"] for one in shown} == phones
    query = "query ($p: String) { residents(where: {phone: $p}) { nodes { id } } }"
    for ident, phone in phones.items():
        found = (await served.post(query, headers=who, p=phone)).json()["data"]["residents"]["nodes"]
        assert [one["id"] for one in found] == [ident]
    with served.database.begin() as connection:
        rows = connection.execute(select(t.resident).where(t.resident.c.phone_blind.is_not(None))).all()
    assert len(rows) == len(phones)


async def refused_as_known(served: Served, number: str) -> bool:
    sent = {"grid": served.place.ids["north"], "name": "又一人", "idNumber": number}
    query = "mutation ($i: CreateResidentInput!) { createResident(input: $i) { errors { code } } }"
    errors = (await served.data(query, "north", i=sent))["createResident"]["errors"]
    return [one["code"] for one in errors] == ["ALREADY_EXISTS"]


async def test_a_rotation_that_is_killed_goes_on_and_the_old_key_can_be_put_away(
    own_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with kept(own_place, tmp_path) as (served, deployment, config):
        monkeypatch.setattr("linli.commands.keys.deployment", lambda _: nullcontext(deployment))
        who = await account_of(served, "street", "street_admin", "north")
        phones = {}
        for number in range(PEOPLE):
            phones[await entered(served, phone=f"1205550{number:04}")] = f"1205550{number:04}"
        known = id_number(7)
        await entered(served, idNumber=known)
        heads, lasting = deployment.heads, deployment.vault.lasting("x", "y")
        write_head(heads.path, Head(1, GENESIS, now()), heads.key, heads.older)
        old = deployment.key_file.ring().newest.id.hex()

        command = [sys.executable, "-c", KILLED, str(config), str(KILLED_AT)]
        killed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert killed.returncode == -9, killed.stderr
        new = deployment.key_file.ring().newest.id.hex()
        used = made_by(served)
        assert used == {new: KILLED_AT, old: 2 * (PEOPLE + 1) - KILLED_AT}
        await assert_all_there(served, who, phones)
        assert await refused_as_known(served, known)
        phones[await entered(served, phone="12055509999")] = "12055509999"
        assert made_by(served)[new] == KILLED_AT + 2, "what is written meanwhile is sealed with the new key"
        early = linli(config, "retire")
        assert (early.exit_code, "wait" in early.output) == (1, True), "deeds may still run under the old key"
        aged(config)
        needed = linli(config, "retire")
        assert (needed.exit_code, "linli key rotate" in needed.output) == (1, True)
        assert len(deployment.key_file.ring().keys) == 2

        assert linli(config, "rotate").exit_code == 0
        assert made_by(served) == {new: 2 * (PEOPLE + 2)}, "and no third key was made"
        await assert_all_there(served, who, phones)
        aged(config)
        assert linli(config, "retire").exit_code == 0
        ring = deployment.key_file.ring()
        assert ([one.id.hex() for one in ring.keys], [one.id.hex() for one in ring.retired]) == ([new], [old])
        await assert_all_there(served, who, phones)
        assert await refused_as_known(served, known)
        status = linli(config, "status")
        assert (status.exit_code, new in status.output, old in status.output) == (0, True, True)
        assert [one.number for one in read_heads(deployment.heads).heads] == [1], "signed under the old key"
        assert deployment.vault.lasting("x", "y") == lasting, "an import knows its people again"
        config.with_name("linli.key").write_text("ab" * 32 + "\n")
        lost = linli(config, "status")
        assert (lost.exit_code, new in lost.output) == (1, True), "it says which key to put back"


def aged(config: Path) -> None:
    """Make the key file a few minutes older than it is."""
    file = config.with_name("linli.key")
    then = file.stat().st_mtime - 300
    os.utime(file, (then, then))
