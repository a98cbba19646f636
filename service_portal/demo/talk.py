"""What people write: a title for each service, and conversations for each category, in both
languages.
"""

from __future__ import annotations

TITLES: dict[str, tuple[str, str]] = {
    "POL-01": ("技改补贴是否适用于二手设备", "Does the upgrade subsidy cover used machines"),
    "POL-02": ("看看我们今年能申请哪些扶持", "Which support can we get this year"),
    "POL-03": ("研发补助申请被退回，材料不知如何补", "R&D grant sent back, unsure what to add"),
    "POL-04": ("厂区门口道路施工影响货车进出", "Road works block lorries at our gate"),
    "PRJ-01": ("首次申报高企，想先评估差距", "First hi-tech application, want a gap check"),
    "PRJ-02": ("科技型中小企业入库评分不够", "Our technology SME score is too low"),
    "PRJ-03": ("计划申报省级专精特新", "Applying for provincial specialised SME"),
    "PRJ-04": ("省重点研发计划申报书辅导", "Help with a provincial R&D proposal"),
    "PRJ-05": ("创新积分比去年低，想了解原因", "Our points fell, please explain"),
    "FIN-01": (
        "采购五轴机床，需流动资金贷款300万",
        "3 m yuan working capital for a machining centre",
    ),
    "FIN-02": ("凭创新积分申请信用贷", "Loan on our innovation points"),
    "FIN-03": ("三项发明专利质押融资", "Pledge three invention patents"),
    "FIN-04": ("贷款缺担保，需担保公司介入", "Bank wants a guarantor"),
    "FIN-05": ("A轮融资，想参加路演", "Series A, want to join a roadshow"),
    "FIN-06": ("两年内拟申报北交所", "Listing in Beijing within two years"),
    "IPR-01": ("伺服控制方法发明专利申请", "Patent for a servo control method"),
    "IPR-02": ("新品牌第7类商标注册", "Register our new mark in class 7"),
    "IPR-03": ("进入德国市场前做专利检索", "Patent search before entering Germany"),
    "IPR-04": ("同行仿制我司外观设计", "A competitor copies our design"),
    "IPR-05": ("MES系统软著登记", "Register copyright of our MES"),
    "TAL-01": ("急招两名氩弧焊工", "Need two TIG welders quickly"),
    "TAL-02": ("引进氢能催化剂团队", "Bring in a hydrogen catalyst team"),
    "TAL-03": ("三名工程师申请人才公寓", "Talent flats for three engineers"),
    "TAL-04": ("安全生产培训40人", "Safety training for forty people"),
    "TAL-05": ("员工工伤认定流程咨询", "How to report a work injury"),
    "LEG-01": ("供应商违约，能否解除合同", "Supplier in breach, may we terminate"),
    "LEG-02": ("海外代理协议请律师把关", "Please review our overseas agency contract"),
    "LEG-03": ("年度法律风险体检", "Yearly legal check-up"),
    "LEG-04": ("客户拖欠货款68万元", "Customer owes us 680,000 yuan"),
    "TAX-01": ("出口退税备案资料有疑问", "Question about export VAT refund papers"),
    "TAX-02": ("研发辅助账归集口径", "How to keep the R&D ledger"),
    "TAX-03": ("需要年度审计报告", "We need a yearly audit report"),
    "TST-01": ("不锈钢件盐雾试验", "Salt spray test for steel parts"),
    "TST-02": ("准备ISO 14001认证", "Preparing for ISO 14001"),
    "TST-03": ("预约扫描电镜半天", "Half a day on the electron microscope"),
    "TST-04": ("二类监护仪注册路径", "Registration path for a class II monitor"),
    "TST-05": ("参与机器人关节团体标准", "Join the robot joint standard"),
    "RND-01": ("高温合金焊缝开裂难题", "Weld cracks in a heat-resistant alloy"),
    "RND-02": ("与高校共建陶瓷联合实验室", "Joint ceramics lab with a university"),
    "RND-03": ("技术开发合同登记", "Register a development contract"),
    "RND-04": ("石墨烯散热成果转化", "Commercialise a graphene cooler"),
    "DIG-01": ("想知道工厂数字化处于什么水平", "How digital is our factory"),
    "DIG-02": ("选型MES，对接现有ERP", "Choosing an MES that fits our ERP"),
    "DIG-03": ("服务器疑似被勒索病毒攻击", "Server may be hit by ransomware"),
    "MKT-01": ("寻找本地精密铸件供应商", "Looking for a local casting supplier"),
    "MKT-02": ("广交会展位与补贴", "Canton Fair booth and subsidy"),
    "MKT-03": ("医院采购标书制作", "Writing a hospital tender"),
    "SPC-01": ("需要3000平方米、荷载1.5吨厂房", "3,000 m² workshop with heavy floor"),
    "SPC-02": ("二期厂房施工许可缺材料", "Papers missing for our building permit"),
    "SPC-03": ("夜间频繁跳闸，影响生产", "Power trips every night"),
    "SPC-04": ("公司从禅城迁入南海", "Moving our registration to Nanhai"),
    "GRN-01": ("空压站能耗偏高", "Our compressors use too much power"),
    "GRN-02": ("欧洲客户要求碳足迹", "European client asks for a carbon footprint"),
    "GRN-03": ("新增喷涂线环评咨询", "EIA for a new paint line"),
    "TRD-01": ("激光器出口是否受管制", "Is our laser export-controlled"),
    "TRD-02": ("在越南设厂咨询", "Setting up a plant in Vietnam"),
    "TRD-03": ("进口设备清关受阻", "Imported machine held at customs"),
    "TRD-04": ("德国工程师工作许可", "Work permit for a German engineer"),
}

DESCRIPTIONS: tuple[tuple[str, str], ...] = (
    (
        "情况如题。这件事已经影响到我们本月的安排，希望能尽快有人联系，电话随时可打。",
        "As the title says. It is holding up our plans for this month; please call any time.",
    ),
    (
        "我们第一次办理，不清楚流程和需要的材料，麻烦一次说清楚。",
        (
            "We have not done this before and do not know the steps or papers. Please tell us"
            " everything at once."
        ),
    ),
    (
        "此前已自行准备了部分材料，请帮忙看看还缺什么。",
        "We have prepared part of the papers ourselves; please look at what is still missing.",
    ),
    (
        "老板很重视，希望本周能先有一个初步意见。",
        "Our management cares about this and hopes for a first opinion this week.",
    ),
)

ASKED: tuple[tuple[str, str], ...] = (
    ("您好，请问大概什么时候能有初步结果？", "Hello, when can we expect a first result?"),
    ("材料已经补好了，麻烦再看一下。", "We have added the papers, please look again."),
    ("谢谢，我们会按您说的准备。", "Thank you, we will prepare it as you said."),
    ("下周二下午可以上门，联系我就行。", "Tuesday afternoon works for a visit, just call me."),
    (
        "财务说去年的数据有一处要更正，稍后发您。",
        "Our accountant has one figure to correct, it will follow.",
    ),
)

REPLIED: dict[str, tuple[tuple[str, str], ...]] = {
    "POL": (
        (
            "已查阅最新文件，第五条适用于贵司，我把条件逐条列给您。",
            (
                "I have checked the new document: article five applies to you. The conditions"
                " follow one by one."
            ),
        ),
        (
            "补贴申报系统下周开放，先把发票和合同准备好即可。",
            "The claim system opens next week; have invoices and contract ready.",
        ),
    ),
    "PRJ": (
        (
            "先做差距分析：目前知识产权和研发占比达标，科技人员占比还差一点。",
            "Gap check first: IP and R&D share are fine, the share of R&D staff is a little short.",
        ),
        (
            "申报书第一稿已批注，请重点补充技术路线。",
            "The first draft is marked up; please add to the technical route.",
        ),
    ),
    "FIN": (
        (
            "已推送给两家银行，客户经理今天会联系您核对流水。",
            "Sent to two banks; an account manager calls you today about the statements.",
        ),
        (
            "银行初步给出额度，需要补充最近六个月的增值税申报表。",
            "The bank sees a line; it needs the last six VAT returns.",
        ),
    ),
    "IPR": (
        (
            "检索未见相同方案，建议权利要求再分两个层次。",
            "No identical solution found; we suggest two levels of claims.",
        ),
        ("预审备案已通过，材料今天提交。", "Pre-examination registration passed; we file today."),
    ),
    "TAL": (
        (
            "已筛选出六名候选人，明天下午可以安排面试。",
            "Six candidates are chosen; interviews can be tomorrow afternoon.",
        ),
        (
            "其中两人下月可以到岗，合同正在拟定。",
            "Two of them can start next month; the contracts are being drawn up.",
        ),
    ),
    "LEG": (
        (
            "合同第八条违约责任不对等，我已批注修改建议。",
            "Clause eight is one-sided; my changes are marked.",
        ),
        (
            "建议先发律师函，同时固定聊天记录等证据。",
            "Send a lawyer's letter first and secure the chat records.",
        ),
    ),
    "TAX": (
        (
            "按规定可以扣除，依据是公告第三条，我把口径写给您。",
            "It is deductible under article three; here is how to record it.",
        ),
        ("辅助账缺两个项目的工时分配表。", "The ledger lacks the time sheets of two projects."),
    ),
    "TST": (
        (
            "样品已收到，预计五个工作日出报告。",
            "Samples received; the report takes five working days.",
        ),
        (
            "建议按新版标准做，报告客户才认可。",
            "Use the new standard, or your client will not accept the report.",
        ),
    ),
    "RND": (
        (
            "已联系两位教授，周四可以开对接会。",
            "Two professors are interested; we can meet on Thursday.",
        ),
        ("专家建议先做金相分析再定方案。", "The expert suggests a metallographic test first."),
    ),
    "DIG": (
        (
            "现场看过后，建议先打通排产和库存。",
            "After the visit we suggest joining planning and stock first.",
        ),
        ("已隔离受影响的主机，日志正在分析。", "The infected host is isolated; we read the logs."),
    ),
    "MKT": (
        (
            "匹配到三家供应商，对接会定在周五上午。",
            "Three suppliers fit; the meeting is on Friday morning.",
        ),
        ("展位确认函已下，请按要求付款。", "The booth is confirmed; please pay as stated."),
    ),
    "SPC": (
        (
            "供电所已到现场，判断是变压器负载过高，今晚调整。",
            "The utility was on site: the transformer is overloaded, mended tonight.",
        ),
        (
            "有两处房源符合承重要求，明天带您去看。",
            "Two places can bear the load; we show you tomorrow.",
        ),
    ),
    "GRN": (
        (
            "空压机变频改造一年半可回本，报告随后寄出。",
            "A variable drive pays back in eighteen months; the report follows by post.",
        ),
        ("请提供近十二个月电费单，才能核算边界。", "Please send twelve months of power bills."),
    ),
    "TRD": (
        (
            "该型号不在管制清单内，但需最终用户声明。",
            "This model is not on the list, but an end-user statement is needed.",
        ),
        (
            "海关要求补充原产地证，已指导申请。",
            "Customs wants a certificate of origin; we showed how to apply.",
        ),
    ),
}

# What may be noted of a contact about any matter, by its channel.
WORKED: dict[str, tuple[tuple[str, str], ...]] = {
    "phone": (
        ("电话核对了所需材料清单。", "Went through the list of papers by phone."),
        ("电话确认了办理进度和下一步安排。", "Agreed progress and the next step by phone."),
    ),
    "visit": (
        ("上门查看了企业准备的资料。", "Looked on site at what the enterprise has prepared."),
        ("上门协助整理并核对了材料。", "Helped on site to sort and check the papers."),
    ),
    "video": (
        (
            "视频会议逐条答复了企业的问题。",
            "Answered the enterprise's questions one by one by video.",
        ),
        (
            "视频会议讨论了方案并确定分工。",
            "Talked the plan through by video and shared out the work.",
        ),
    ),
    "document": (
        ("书面列出了最新要求和办理步骤。", "Wrote down the latest requirements and the steps."),
        (
            "修改并退回了材料，附修改说明。",
            "Corrected the papers and sent them back with comments.",
        ),
    ),
}

ANSWERS: tuple[tuple[str, str], ...] = (
    (
        "事项已办结：结果和依据见上述沟通记录，后续有变化我们会主动告知。",
        (
            "Done: the result and its grounds are in what we wrote above; we tell you if anything"
            " changes."
        ),
    ),
    (
        "已按要求完成并提交，回执留存在服务站。如还有疑问请直接回复。",
        "Completed and submitted; the station keeps the receipt. Reply here with any question.",
    ),
    (
        "给出书面答复如下：条件已满足，可以继续推进，下一步由贵司内部决定。",
        "Our written answer: the conditions are met; the next step is yours to decide.",
    ),
)

NOTES: tuple[tuple[str, str], ...] = (
    ("财务那边回复慢，周四再催一次。", "Their accountant is slow; ask again on Thursday."),
    (
        "老客户，去年办过同类事项，可参考旧工单。",
        "Known client, same matter last year; see the old ticket.",
    ),
    (
        "注意控制人与机构有亲属关系，已提醒回避。",
        "The controller is related to the agency; reminded them to step back.",
    ),
)

COMMENTS: tuple[tuple[str, str], ...] = (
    ("响应很快，讲得清楚。", "Quick and clear."),
    ("比预期的快，谢谢。", "Faster than expected, thank you."),
    ("结果可以，但中间等得有点久。", "Good result, but we waited a while."),
    ("还行。", "Fine."),
)


def noted(category: str, channel: str) -> tuple[tuple[str, str], ...]:
    """Give what may be noted of a contact of a channel about a matter of a category."""
    return REPLIED[category][:1] + WORKED.get(channel, ())
