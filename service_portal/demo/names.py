"""Invented names.

None of them is a real company or person; social credit codes use a division that does not exist.
"""

from __future__ import annotations

from random import Random

from stdnum.cn import uscc

DIVISION = "440699"

SURNAMES = (
    ("陈", "Chen"),
    ("李", "Li"),
    ("黄", "Huang"),
    ("梁", "Liang"),
    ("何", "He"),
    ("罗", "Luo"),
    ("林", "Lin"),
    ("麦", "Mai"),
    ("关", "Guan"),
    ("冯", "Feng"),
    ("邓", "Deng"),
    ("谭", "Tan"),
    ("潘", "Pan"),
    ("吴", "Wu"),
    ("周", "Zhou"),
    ("郭", "Guo"),
    ("区", "Ou"),
    ("霍", "Huo"),
    ("卢", "Lu"),
    ("苏", "Su"),
)
GIVEN = (
    ("伟", "Wei"),
    ("敏", "Min"),
    ("嘉欣", "Jiaxin"),
    ("志强", "Zhiqiang"),
    ("婉婷", "Wanting"),
    ("国华", "Guohua"),
    ("俊杰", "Junjie"),
    ("晓彤", "Xiaotong"),
    ("思远", "Siyuan"),
    ("丽君", "Lijun"),
    ("浩然", "Haoran"),
    ("雪莹", "Xueying"),
    ("建明", "Jianming"),
    ("颖怡", "Yingyi"),
    ("文轩", "Wenxuan"),
    ("秋月", "Qiuyue"),
    ("子涵", "Zihan"),
    ("启航", "Qihang"),
    ("慧琳", "Huilin"),
    ("永康", "Yongkang"),
)
FIRST = (
    ("金煜", "Jinyu"),
    ("启辰", "Qichen"),
    ("南粤", "Nanyue"),
    ("恒睿", "Hengrui"),
    ("云帆", "Yunfan"),
    ("博远", "Boyuan"),
    ("盛拓", "Shengtuo"),
    ("汇川达", "Huichuanda"),
    ("岭创", "Lingchuang"),
    ("星枢", "Xingshu"),
    ("禾瑞", "Herui"),
    ("佛诚", "Focheng"),
    ("锐航", "Ruihang"),
    ("亿森", "Yisen"),
    ("华曜", "Huayao"),
    ("德润", "Derun"),
    ("睿芯", "Ruixin"),
    ("信泽", "Xinze"),
    ("创维嘉", "Chuangweijia"),
    ("海棠", "Haitang"),
    ("拓普森", "Topsen"),
    ("力诺行", "Linoxing"),
    ("明珂", "Mingke"),
    ("腾翼", "Tengyi"),
    ("百川汇", "Baichuanhui"),
    ("泰禾康", "Taihekang"),
    ("旭阳通", "Xuyangtong"),
    ("天工匠", "Tiangongjiang"),
    ("鼎盛源", "Dingshengyuan"),
    ("青禾", "Qinghe"),
    ("诺优", "Noyou"),
    ("凯旋达", "Kaixuanda"),
)
INDUSTRIES = (
    ("精密机械", "Precision Machinery", "装备制造", "Equipment"),
    ("智能装备", "Smart Equipment", "装备制造", "Equipment"),
    ("机器人", "Robotics", "机器人", "Robotics"),
    ("陶瓷新材", "Ceramic Materials", "新材料", "New materials"),
    ("铝业科技", "Aluminium Technology", "新材料", "New materials"),
    ("生物医药", "Biopharma", "生物医药", "Biomedicine"),
    ("医疗器械", "Medical Devices", "生物医药", "Biomedicine"),
    ("智能家电", "Smart Appliances", "智能家电", "Appliances"),
    ("电子科技", "Electronics", "电子信息", "Electronics"),
    ("软件", "Software", "软件信息", "Software"),
    ("新能源", "New Energy", "新能源", "New energy"),
    ("模具", "Moulds", "装备制造", "Equipment"),
    ("光电", "Photonics", "电子信息", "Electronics"),
    ("环保科技", "Environmental Tech", "节能环保", "Green technology"),
    ("食品科技", "Food Technology", "食品", "Food"),
    ("汽车零部件", "Auto Parts", "汽车零部件", "Auto parts"),
)
TAGS = ("hightech", "techsme", "special", "export", "startup")

# Chinese kind, English kind, categories, how many (domain.md 5.2: 78 in all)
POOL = (
    ("知识产权代理", "IP Agency", ("IPR",), 9),
    ("项目申报咨询", "Project Consulting", ("PRJ", "POL"), 9),
    ("律师事务所", "Law Firm", ("LEG", "TRD", "IPR"), 7),
    ("会计师事务所", "Accounting", ("TAX", "PRJ", "FIN"), 7),
    ("检测认证", "Testing", ("TST",), 8),
    ("人力资源", "HR Services", ("TAL",), 7),
    ("银行支行", "Bank Branch", ("FIN",), 8),
    ("数字科技", "Digital Services", ("DIG",), 6),
    ("产业研究院", "R&D Institute", ("RND", "PRJ"), 6),
    ("绿色低碳咨询", "Green Consulting", ("GRN",), 3),
    ("外贸服务", "Trade Services", ("TRD", "MKT"), 3),
    ("会展服务", "Exhibitions", ("MKT",), 2),
    ("产业空间运营", "Industrial Space", ("SPC",), 2),
    ("职业培训", "Training", ("TAL",), 1),
)


def person(random: Random) -> tuple[str, str]:
    """Give a person's name in Chinese and English."""
    surname, given = random.choice(SURNAMES), random.choice(GIVEN)
    return surname[0] + given[0], f"{given[1]} {surname[1]}"


def code(number: int) -> str:
    """Give a social credit code with a right check digit that belongs to nobody."""
    body = f"91{DIVISION}MA{number:07d}"
    return str(body + uscc.calc_check_digit(body))


def phone(random: Random) -> str:
    """Give a landline of the district that nobody has."""
    return f"0757-5555 {random.randrange(10_000):04d}"
