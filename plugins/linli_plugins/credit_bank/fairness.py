"""What a credit bank must never be about, as far as words can tell; the rest is kept out by what is missing.

There is no verb that takes points away, no field that ranks, and no activity outside `kinds.ActivityKind`.
A title could still say what a kind cannot, so titles are read too.
"""

from typing import Annotated, Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from linli.verbs.inputs import Name

FORBIDDEN: Final = (
    *("信用分", "征信", "失信", "诚信分", "扣分", "罚分", "处罚", "违法", "犯罪", "前科", "涉黑"),
    *("信访", "上访", "投诉", "举报", "欠费", "欠债", "贷款", "催缴", "拆迁", "签约"),
    *("健康码", "病历", "疫苗", "宗教", "信教", "民族", "言论", "舆情", "点赞", "转发"),
    *("credit score", "penalt", "deduct", "crim", "petition", "debt", "vaccin", "religio", "ethnic"),
)


def fair(text: str) -> str:
    """Return a title, or refuse one about what no points may be given for."""
    lower = text.lower()
    word = next((word for word in FORBIDDEN if word in lower), None)
    if word is not None:
        raise PydanticCustomError("linli.credit_bank.unfair", "not about {word}", {"word": word})
    return text


FairName = Annotated[Name, AfterValidator(fair)]
