"""What an answer of the demo must say so that it agrees with the title of its request, by service
and field.

Chinese, English; a number or a choice stands for itself. Other fields are answered by `answers.py`.
"""

from __future__ import annotations

Text = tuple[str, str]

AGREED: dict[str, dict[str, Text | str | int]] = {
    "POL-01": {
        "policy_topic": ("技改补贴", "Upgrade subsidy"),
        "question": (
            "二手设备能否享受技改补贴，需要哪些材料",
            "Does the upgrade subsidy cover used machines, and which papers are needed",
        ),
    },
    "POL-03": {
        "claim_stage": "refused",
        "refusal_notice": (
            "“申报主体与发票抬头不一致”",
            "“The claimant is not the one on the invoice”",
        ),
    },
    "POL-04": {
        "departments": ("交通、城管", "Roads, city management"),
        "business_impact": (
            "货车无法进出，每天少发两车货",
            "Lorries can't get in; two loads a day are not delivered",
        ),
    },
    "PRJ-02": {"rd_staff_share": 6, "rd_spend_ratio": 3, "ip_count": 3},
    "PRJ-03": {"level_sought": "special"},
    "PRJ-04": {"programme": ("省重点研发计划", "Key R&D programme of the province")},
    "PRJ-05": {"disputed_indicator": ("研发投入强度", "R&D intensity")},
    "FIN-01": {
        "amount_cny": "3000000",
        "purpose": (
            "采购五轴机床一台，补充流动资金",
            "One five-axis machining centre, and working capital",
        ),
    },
    "FIN-03": {
        "patent_nos": (
            "ZL2022 1 0412XXX.X\nZL2023 1 0087XXX.3\nZL2023 1 1187XXX.6",
            "ZL2022 1 0412XXX.X\nZL2023 1 0087XXX.3\nZL2023 1 1187XXX.6",
        ),
    },
    "FIN-05": {"round": "a"},
    "FIN-06": {"board": "bse"},
    "IPR-01": {
        "patent_type": "invention",
        "invention_title": (
            "一种伺服驱动器的抗振控制方法",
            "A vibration-damping control method for a servo drive",
        ),
    },
    "IPR-02": {
        "nice_classes": ("第 7 类", "7"),
        "goods": ("机床；自动操作机", "Machine tools; automatic handling machines"),
    },
    "IPR-03": {"countries": ("中国、德国", "China, Germany")},
    "IPR-04": {
        "right_nos": ("外观设计 ZL2022 3 0187XXX.6", "Design ZL2022 3 0187XXX.6"),
        "infringer": ("中山一家同行", "A competitor in Zhongshan"),
    },
    "IPR-05": {"software_name": ("制造执行系统（MES）", "Manufacturing execution system (MES)")},
    "TAL-01": {
        "posts": ("氩弧焊工 2 名，持证", "Two TIG welders with a certificate"),
        "headcount_needed": 2,
        "pay_range": ("7,000–9,000 元/月", "7,000–9,000 yuan a month"),
    },
    "TAL-02": {
        "field": ("氢能催化剂", "Hydrogen catalysts"),
        "leader_profile": (
            "材料学博士，十年燃料电池催化剂经验",
            "A doctor of materials science, ten years of fuel cell catalysts",
        ),
    },
    "TAL-03": {
        "person_count": 3,
        "housing_type": "flat",
        "degree_or_title": ("三人均为中级工程师", "All three are engineers"),
    },
    "TAL-04": {"topic": ("安全生产与消防", "Safety and fire"), "attendees": 40},
    "TAL-05": {
        "issue_type": "injury",
        "employees_affected": 1,
        "facts": (
            "员工下班途中摔伤，已就医，尚未申报",
            "An employee fell on the way home, saw a doctor, and nothing is reported yet",
        ),
    },
    "LEG-01": {
        "area_of_law": "contract",
        "facts": (
            "供应商逾期两个月未交货，催告未复",
            "The supplier is two months late and did not answer our notice",
        ),
    },
    "LEG-02": {
        "contract_type": ("海外独家代理", "Exclusive agency overseas"),
        "counterparty": ("某越南经销商", "A distributor in Vietnam"),
    },
    "LEG-04": {
        "amount_cny": "680000",
        "debtor_type": "large",
        "debtor": ("佛山某家电企业", "An appliance maker in Foshan"),
        "evidence": (
            "合同、送货单和对账函",
            "Contract, delivery notes and the statement of account",
        ),
    },
    "TAX-01": {
        "tax_type": "vat",
        "question": (
            "出口退税备案需要哪些资料，备案后多久可以申报",
            "Which papers does the export refund need, and how soon may it be claimed",
        ),
    },
    "TAX-02": {"ledger_state": "partial"},
    "TAX-03": {"service_kind": "audit", "period": ("2025 年度", "the year 2025")},
    "TST-01": {
        "item": ("不锈钢外壳", "Stainless steel housing"),
        "standard_no": ("GB/T 10125-2021", "GB/T 10125-2021"),
    },
    "TST-02": {"scheme": "iso14001", "scope": ("ISO 14001，全厂", "ISO 14001, the whole plant")},
    "TST-03": {"instrument": ("扫描电镜", "Scanning electron microscope"), "hours": 4},
    "TST-04": {"class": "2", "device_name": ("多参数监护仪", "Patient monitor")},
    "TST-05": {
        "level": "group",
        "role": "part",
        "title": ("工业机器人关节模组技术规范", "Joint modules of industrial robots"),
    },
    "RND-01": {
        "problem": ("高温合金焊缝出现热裂纹", "Hot cracks in the welds of a heat-resistant alloy"),
        "metrics": ("裂纹率低于 0.5%", "Fewer than 0.5 % of the welds crack"),
    },
    "RND-02": {"field": ("特种陶瓷", "Technical ceramics"), "mode": "project"},
    "RND-03": {"contract_type": ("技术开发（委托）", "Development on commission")},
    "RND-04": {
        "result": (
            "石墨烯散热涂层，中试已完成",
            "A graphene heat-spreading coating, pilot run done",
        ),
    },
    "DIG-02": {
        "process": ("排产与物料齐套", "Scheduling and kitting"),
        "integration_needs": (
            "与现有 ERP 和仓库条码对接",
            "Must work with our ERP and the barcodes of the store",
        ),
    },
    "DIG-03": {
        "system": ("生产管理系统", "Production management system"),
        "incident": (
            "今早两台服务器文件被加密，已断网",
            "This morning files on two servers were encrypted; they are off the network",
        ),
    },
    "MKT-01": {
        "role": "buyer",
        "product": ("精密铸件", "Precision castings"),
        "region": ("佛山及周边", "Foshan and around"),
    },
    "MKT-02": {
        "exhibition": ("广交会", "Canton Fair"),
        "dates": ("明年春季第一期", "First phase, next spring"),
    },
    "MKT-03": {
        "question": (
            "医院设备采购，评分办法中的业绩如何举证",
            "A hospital buys equipment: how do we prove our references",
        ),
    },
    "SPC-01": {"use": "workshop", "area_m2": 3000, "floor_load": 1500},
    "SPC-02": {"stage": ("二期厂房，施工许可阶段", "Second workshop, building permit")},
    "SPC-03": {
        "utility": "power",
        "capacity": ("新增 630 kVA", "630 kVA more"),
        "fault": ("夜间多次跳闸，生产线停机", "Trips several times a night, the line stops"),
    },
    "SPC-04": {"action": "move", "from_region": ("禅城", "Chancheng")},
    "GRN-01": {
        "main_equipment": (
            "空压机 6 台、干燥机 3 台",
            "6 compressors, 3 dryers",
        ),
    },
    "GRN-02": {
        "customer_requirement": (
            "欧洲客户要求每批产品附碳足迹报告",
            "The European customer wants a carbon footprint with each batch",
        ),
    },
    "GRN-03": {
        "project": ("新增喷涂线", "New paint line"),
        "process": ("前处理、喷涂、烘干", "Pretreatment, spraying, drying"),
        "pollutants": ("VOCs、漆渣", "VOCs, paint sludge"),
    },
    "TRD-01": {
        "product": ("光纤激光器", "Fibre laser"),
        "hs_code": ("9013.20", "9013.20"),
        "destination": ("德国", "Germany"),
    },
    "TRD-02": {"country": ("越南", "Vietnam"), "stage": ("选址阶段", "Looking for a site")},
    "TRD-03": {
        "issue": (
            "进口加工中心归类有争议，滞留码头",
            (
                "The tariff heading of an imported machining centre is disputed; it is held at the"
                " dock"
            ),
        ),
    },
    "TRD-04": {"nationality": ("德国", "German"), "category": "B", "person_count": 1},
}
