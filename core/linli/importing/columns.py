"""The columns of a register of residents, by the names that offices give them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from linli.importing.faults import Fault, FaultLog
from linli.messages import Language

REQUIRED: Final = ("name", "grid_code")
ALIASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "name": ("姓名", "居民姓名", "名字", "name", "full_name"),
        "grid_code": (
            *("网格编码", "网格代码", "网格编号", "所属网格", "所属网格编码", "所属网格代码", "网格"),
            *("治理单元编码", "grid_code", "grid"),
        ),
        "birth_date": ("出生日期", "出生年月日", "生日", "birth_date", "date_of_birth", "birthday"),
        "phone": (
            "手机号",
            "手机号码",
            "手机",
            "电话",
            "电话号码",
            "联系电话",
            "联系方式",
            "phone",
            "mobile",
        ),
        "id_number": ("身份证号", "身份证号码", "身份证", "公民身份号码", "证件号码", "id_number", "id_card"),
        "household": ("户号", "户", "门牌", "门牌号", "房号", "household", "household_label", "door"),
        "relation": ("与户主关系", "户主关系", "与户主的关系", "relation", "relation_to_head"),
    }
)
FIELD_OF: Final = MappingProxyType({alias: name for name, found in ALIASES.items() for alias in found})
BLANKS: Final = re.compile(r"[\s\u3000\u200b\ufeff]+")


def field_of(label: str) -> str | None:
    """Return the field that a header's cell names, blanks and marks of a required column aside."""
    text = BLANKS.sub("", unicodedata.normalize("NFKC", label)).lower()
    text = re.sub(r"^\*|\*$|\((?:必填|选填|可选)\)$", "", text)
    return FIELD_OF.get(text) or FIELD_OF.get(re.sub(r"[- ]", "_", label.strip().lower()))


def is_known_header(line: str) -> bool:
    """Whether a line holds a Chinese column that is known."""
    cells = re.split(r"[,;\t]", line.replace('"', ""))
    return any(not cell.isascii() and field_of(cell) for cell in cells)


def place_columns(
    header: Sequence[str], file: str, log: FaultLog, language: Language
) -> dict[str, int] | None:
    """Return where each field stands; None where a column is missing, unknown or there twice."""
    before = log.count
    found: dict[str, int] = {}
    for at, label in enumerate(header):
        name = field_of(label)
        shown = {"name": label.strip() or f"#{at + 1}"}
        if name is None:
            log.add(Fault(file, 1, None, "import.column_unknown", shown))
        elif name in found:
            log.add(Fault(file, 1, None, "import.column_twice", shown))
        else:
            found[name] = at
    for name in REQUIRED:
        if name not in found:
            label = ALIASES[name][0] if language == "zh-CN" else name
            log.add(Fault(file, 1, None, "import.column_missing", {"name": label}))
    return found if log.count == before else None
