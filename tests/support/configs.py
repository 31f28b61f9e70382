"""Configurations written to a file, and the sentences that refuse them."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from linli.config import Config, ConfigError, load_config

ENGLISH = {"LINLI_LANG": "en"}
CHINESE = {"LINLI_LANG": "zh"}


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "linli.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def loaded(folder: Path, text: str = "", **environ: str) -> Config:
    return load_config(written(folder, text), environ)


def sentences(folder: Path, text: str | bytes, environ: Mapping[str, str] = ENGLISH) -> list[str]:
    """Return the sentences of all faults, with the folder left out of them."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text), environ)
    assert str(caught.value) == "\n".join(fault.message for fault in caught.value.faults)
    return refusals(caught, folder)


def refusals(caught: pytest.ExceptionInfo[ConfigError], folder: Path) -> list[str]:
    """Return the sentences of a refusal, with the folder left out of them."""
    return [fault.message.replace(f"{folder}{os.sep}", "") for fault in caught.value.faults]
