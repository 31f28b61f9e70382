"""The form of a register of residents: its columns, by the names that offices give them."""

from typing import Final

from linli.importing.forms import SheetColumn, SheetForm, words

RELATIONS: Final = (
    words("head", "户主"),
    words("spouse", "配偶"),
    words("child", "子女"),
    words("parent", "父母"),
    words("other", "其他"),
)
PERSON: Final = (
    SheetColumn(
        "name",
        words("name", "姓名"),
        words("The name, at most 80 characters.", "姓名，不超过 80 个字符。"),
        ("居民姓名", "名字", "full_name"),
        required=True,
        sample=words("Sample Person", "张三（示例）"),
    ),
    SheetColumn(
        "grid_code",
        words("grid_code", "网格编码"),
        words(
            "The code of the community, grid or micro-grid where the person lives, as text.",
            "居住地村（社区）、网格或微网格的编码，按文本填写。",
        ),
        (
            *("网格代码", "网格编号", "所属网格", "所属网格编码", "所属网格代码", "网格"),
            *("治理单元编码", "grid"),
        ),
        required=True,
        sample=words("330482001001"),
    ),
    SheetColumn(
        "birth_date",
        words("birth_date", "出生日期"),
        words(
            "The date of birth as 1980-01-31, or as a date of the spreadsheet.",
            "出生日期，填写为 1980-01-31，或使用表格的日期格式。",
        ),
        ("出生年月日", "生日", "date_of_birth", "birthday"),
        text=False,
        sample=words("1980-01-31"),
    ),
    SheetColumn(
        "phone",
        words("phone", "手机号"),
        words("A mobile number, or one with its area code.", "手机号，或带区号的固定电话。"),
        ("手机号码", "手机", "电话", "电话号码", "联系电话", "联系方式", "mobile"),
        sample=words("13800000000"),
    ),
    SheetColumn(
        "id_number",
        words("id_number", "身份证号"),
        words(
            "The 18 characters of the identity card, as text: a number loses its last digits.",
            "18 位身份证号，须为文本格式：按数字填写会丢失末尾几位。",
        ),
        ("身份证号码", "身份证", "公民身份号码", "证件号码", "id_card"),
        sample=words("330482198001310000"),
    ),
)
HOME: Final = (
    SheetColumn(
        "household",
        words("household", "户号"),
        words(
            "What tells the door, such as 3-2-501; those of one grid and one door share a household.",
            "门牌标识，如 3-2-501；同一网格内户号相同的为一户。",
        ),
        ("户", "门牌", "门牌号", "房号", "household_label", "door"),
        sample=words("3-2-501"),
    ),
    SheetColumn(
        "relation",
        words("relation", "与户主关系"),
        words(
            "Whether the person heads the household; other relations are not kept.",
            "是否为户主；其他关系不保存。",
        ),
        ("户主关系", "与户主的关系", "relation_to_head"),
        choices=RELATIONS,
        sample=words("head", "户主"),
    ),
)
RESIDENTS: Final = SheetForm(words("Residents", "居民"), (*PERSON, *HOME))
