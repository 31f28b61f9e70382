"""Made-up names, doors and telephone numbers."""

import random
from datetime import date, timedelta

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶"
    "阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
GIVEN = (
    "明华丽军平芳强伟敏静勇艳杰娟涛超兰霞刚玲桂英建国红梅志林秀珍海燕文斌春生雪松晓东佳怡子涵浩然欣悦思远"
    "宇轩诗雨俊豪雅琴德福金凤水根阿毛月娥关荣连生友根云飞"
)
# 11 digits beginning with 120 belong to no carrier: mobile numbers of the mainland begin with 13 to 19.
PHONE_PREFIX = "120"


def person_name(generator: random.Random) -> str:
    """Return a made-up full name."""
    given = "".join(generator.choices(GIVEN, k=1 if generator.random() < 0.25 else 2))
    return generator.choice(SURNAMES) + given


def phone(generator: random.Random) -> str:
    """Return a telephone number of a range that no carrier has."""
    return PHONE_PREFIX + f"{generator.randrange(10**8):08d}"


def birth_date(generator: random.Random) -> date:
    """Return a date of birth of somebody between 1 and 92 years old on a fixed day."""
    return date(2025, 1, 1) - timedelta(days=generator.randrange(365, 92 * 365))


def door(number: int) -> tuple[str, str, str]:
    """Return (building, unit, room) of the n-th door of a cell."""
    return str(1 + number // 24), str(1 + number // 12 % 2), f"{1 + number // 2 % 6}0{1 + number % 2}"
