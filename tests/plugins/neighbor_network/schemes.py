"""Settings of four places, as a region would bring them. Pinghu's is the example of the plugin's README."""

import re
from pathlib import Path

import linli_plugins.neighbor_network

README = (Path(linli_plugins.neighbor_network.__file__).parent / "README.md").read_text(encoding="utf-8")
(PINGHU,) = re.findall(r"^```toml\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)

JIANGGAN = """
[[plugins.neighbor_network.kinds]]
name = "committee"
title = { zh-CN = "居民委员会", en = "Residents' committee" }
tier = 1
levels = ["community"]
procedure = [
    { name = "discuss", title = { zh-CN = "商议", en = "Discussion" }, days = 5 },
    { name = "settle", title = { zh-CN = "落实", en = "Settlement" }, days = 10 },
]

[[plugins.neighbor_network.kinds]]
name = "lane"
title = { zh-CN = "邻里坊", en = "Neighbour lane" }
tier = 2
levels = ["grid", "lane"]
above = "committee"
accept_days = 2
topics = [
    { name = "sanitation", title = { zh-CN = "环境卫生", en = "Sanitation" } },
    { name = "parking", title = { zh-CN = "停车", en = "Parking" } },
]
roles = [
    { name = "lane_head", title = { zh-CN = "坊长", en = "Head of the lane" }, convenes = true },
    { name = "fellow", title = { zh-CN = "坊员", en = "Fellow" }, duties = { zh-CN = "巡查", en = "Tour" } },
]
"""

WUMA = """
[[plugins.neighbor_network.kinds]]
name = "aid_group"
title = { zh-CN = "党员邻里互助组", en = "Mutual-aid group" }
levels = ["micro_grid", "building", "courtyard"]
core_household = true
roles = [
    { name = "head", title = { zh-CN = "组长", en = "Head" }, convenes = true },
    { name = "activist", title = { zh-CN = "入党积极分子", en = "Activist for admission" } },
    { name = "group_leader", title = { zh-CN = "居民小组长", en = "Residents' group leader" } },
    { name = "keen_neighbor", title = { zh-CN = "热心居民", en = "Keen neighbour" } },
]
"""

CHENGHUA = """
[[plugins.neighbor_network.kinds]]
name = "special_committee"
title = { zh-CN = "专业委员会", en = "Special committee" }
levels = ["community"]
functions = [
    { name = "culture", title = { zh-CN = "文体", en = "Culture and sport" } },
    { name = "mediation", title = { zh-CN = "调解", en = "Mediation" } },
    { name = "environment", title = { zh-CN = "环境", en = "Environment" } },
]

[[plugins.neighbor_network.kinds]]
name = "care"
title = { zh-CN = "邻里守望", en = "Neighbourly care" }
levels = ["grid"]
"""

ALL = PINGHU + JIANGGAN + WUMA + CHENGHUA
