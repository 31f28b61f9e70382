"""Personal values as tables keep them: encrypted under the person's key, masked, and as a blind index."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, LargeBinary, String, select, update

from linli import model as t
from linli.context import Context
from linli.vault import Vault, mask_id_number, mask_phone


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal value of a table: encrypted, masked, and a blind index, in three columns of its name.

    The value is encrypted under the key of the person whose it is, so that erasing the person erases it.
    """

    table: str
    name: str
    mask: Callable[[str], str]

    def columns(self) -> list[Column[Any]]:
        """Return the three columns; index the blind one where equal values are looked for."""
        return [
            Column(f"{self.name}_masked", String(32)),
            Column(f"{self.name}_cipher", LargeBinary),
            Column(f"{self.name}_blind", String(64)),
        ]

    def values(self, vault: Vault, encrypt: Callable[[str], bytes], value: str | None) -> dict[str, object]:
        """Return what the three columns hold of a value; `encrypt` is that of the person's key."""
        text = value.upper() if value else None
        return {
            f"{self.name}_masked": self.mask(text) if text else None,
            f"{self.name}_cipher": encrypt(text) if text else None,
            f"{self.name}_blind": self.blind(vault, text) if text else None,
        }

    def blind(self, vault: Vault, value: str) -> str:
        """Return the blind index of a value, as it is stored."""
        return vault.blind(f"{self.table}.{self.name}", value.strip().upper())

    def blinds(self, vault: Vault, value: str) -> list[str]:
        """Return the blind indexes under which a value may be stored."""
        return vault.blinds(f"{self.table}.{self.name}", value.strip().upper())


PHONE: Final = Sealed("core_resident", "phone", mask_phone)
ID_NUMBER: Final = Sealed("core_resident", "id_number", mask_id_number)


def seal(ctx: Context, key: bytes, one: Sealed, value: str | None) -> dict[str, object]:
    """Return the columns of a value, sealed under a person's wrapped key."""
    return one.values(ctx.vault, lambda text: ctx.vault.encrypt(key, text), value)


def key_of(ctx: Context, resident_id: str) -> bytes:
    """Return the wrapped key of a resident, locked until the deed ends; a person without one gets one."""
    r = t.resident
    mine = select(r.c.data_key).where(r.c.id == resident_id).with_for_update(key_share=True)
    key: bytes | None = ctx.connection.execute(mine).scalar_one()
    if key is None:
        key = ctx.vault.new_person_key()
        ctx.connection.execute(update(r).where(r.c.id == resident_id).values(data_key=key))
    return key
