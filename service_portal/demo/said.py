"""What enterprises of the demo write into the fields of a request form, by the field's key;
Chinese, English.

Numbers of patents, marks and projects have X for some digits, so that none is a real one's.
"""

from __future__ import annotations

TEXTS: dict[str, tuple[tuple[str, str], ...]] = {
    "advisers": (
        ("审计机构已聘，券商和律所未定", "The auditor is engaged, broker and law firm are not"),
    ),
    "bank": (("新海银行狮山支行", "Bank Xinhai, Shishan branch"), ("诺友银行", "Noyou Bank")),
    "boundary": (
        ("狮山厂区全部产线，不含宿舍", "All lines of the Shishan plant, without dormitories"),
    ),
    "business_impact": (
        (
            "两条产线推迟投产，每月少交货约 300 台",
            "Two lines start late, about 300 machines a month are not delivered",
        ),
        ("订单交期推迟三周", "Orders are delivered three weeks late"),
    ),
    "business_plan": (
        (
            "面向家电企业的视觉检测设备，已有 6 家付费客户，拟扩产",
            "Vision inspection for appliance makers, six paying customers, expansion planned",
        ),
    ),
    "business_scope": (
        (
            "智能装备研发、制造、销售及技术服务",
            "Development, making, sale and service of smart equipment",
        ),
    ),
    "capacity": (("新增 630 kVA", "630 kVA more"), ("蒸汽 2 吨/小时", "2 t of steam an hour")),
    "collateral": (
        ("自有厂房，评估值约 1,200 万元", "Own plant, valued at about 12 million yuan"),
        ("设备抵押，无厂房", "Machines only, no building"),
    ),
    "competitors": (("两家德国企业、一家深圳企业", "Two German makers, one in Shenzhen"),),
    "contract_type": (
        ("海外独家代理", "Exclusive agency overseas"),
        ("设备采购", "Purchase of equipment"),
        ("委托开发", "Commissioned development"),
    ),
    "counter_guarantee": (("实际控制人连带保证", "Personal guarantee of the controller"),),
    "counterparty": (
        ("某越南经销商", "A distributor in Vietnam"),
        ("东莞一家系统集成商", "A system integrator in Dongguan"),
    ),
    "countries": (("中国、德国、美国", "China, Germany, USA"), ("中国、越南", "China, Vietnam")),
    "country": (("越南", "Vietnam"), ("印度尼西亚", "Indonesia")),
    "customer_requirement": (
        (
            "欧洲客户要求每批产品附碳足迹报告",
            "The European customer wants a carbon footprint with each batch",
        ),
    ),
    "dates": (("2027 年 3 月中旬", "Middle of March 2027"),),
    "debtor": (
        ("佛山某家电企业", "An appliance maker in Foshan"),
        ("外省一家经销商", "A distributor in another province"),
    ),
    "declaration_no": (("尾号 0412", "ending in 0412"),),
    "degree_or_title": (("博士，高级工程师", "Doctor, senior engineer"), ("硕士", "Master")),
    "departments": (
        ("住建、消防、供电", "Construction, fire brigade, power supply"),
        ("市场监管、商务", "Market supervision, commerce"),
    ),
    "destination": (("德国", "Germany"), ("越南", "Vietnam"), ("墨西哥", "Mexico")),
    "device_name": (("一次性使用内窥镜导管", "Single-use endoscope catheter"),),
    "disputed_indicator": (("研发投入强度", "R&D intensity"),),
    "earlier_contacts": (
        ("园区服务中心、供电所各联系过一次", "The park office and the power station, once each"),
        ("已打过两次 12345", "Called 12345 twice"),
    ),
    "end_user": (("慕尼黑一家汽车零部件厂", "A car parts maker in Munich"),),
    "evidence": (
        ("公证购买记录、对方宣传册", "A notarised purchase, their brochure"),
        ("合同、送货单和对账函", "Contract, delivery notes and the statement of account"),
    ),
    "exhibition": (
        ("工业博览会（上海）", "Industry fair, Shanghai"),
        ("汉诺威工业展", "Hannover fair"),
    ),
    "facts": (
        (
            "对方逾期四个月未付尾款，发函未复",
            "The balance is four months overdue, our letter was not answered",
        ),
        (
            "离职员工主张加班费，已收到仲裁通知",
            "A former employee claims overtime, the arbitration notice has come",
        ),
    ),
    "fault": (("雨水井反水，厂区门口积水", "The storm drain backs up, water stands at the gate"),),
    "field": (("机器视觉", "Machine vision"), ("新能源材料", "New energy materials")),
    "from_region": (("深圳宝安", "Bao'an, Shenzhen"),),
    "goods": (
        (
            "工业用测量仪器；视觉检测设备",
            "Industrial measuring instruments; vision inspection machines",
        ),
        ("厨房用电器", "Kitchen appliances"),
    ),
    "guide_no": (("2026 年度第二批", "second batch of 2026"),),
    "hs_code": (("8479.50", "8479.50"), ("9013.20", "9013.20")),
    "incident": (
        ("上月服务器中过勒索病毒，已恢复", "Ransomware on a server last month, restored since"),
    ),
    "indicator_values": (
        (
            "研发费用占比 6.2%；发明专利 4 件；硕士以上 11 人",
            "R&D 6.2 % of revenue; 4 invention patents; 11 with a master's degree or more",
        ),
    ),
    "industry_code": (("C3463", "C3463"), ("C3824", "C3824"), ("C4011", "C4011")),
    "infringer": (
        ("中山一家同行", "A competitor in Zhongshan"),
        ("某电商平台三家店铺", "Three shops on an online market"),
    ),
    "instrument": (
        ("扫描电镜", "Scanning electron microscope"),
        ("三坐标测量机", "Coordinate measuring machine"),
    ),
    "integration_needs": (("ERP、MES 和仓库条码", "ERP, MES and the barcodes of the store"),),
    "invention_title": (
        ("一种伺服驱动器的抗振控制方法", "A vibration-damping control method for a servo drive"),
        ("铝型材在线检测装置", "In-line inspection of aluminium profiles"),
    ),
    "inventors": (("研发部三人", "three people of R&D"),),
    "ip_list": (
        (
            "发明专利 3 件\n实用新型 12 件\n软件著作权 5 项",
            "3 invention patents\n12 utility models\n5 software copyrights",
        ),
    ),
    "ip_terms": (("共同所有，我方独占实施", "Owned together, used by us alone"),),
    "ipc": (("G05B 19/404", "G05B 19/404"),),
    "issue": (
        (
            "归类有争议，货物滞留码头",
            "The tariff heading is disputed, the goods are held at the dock",
        ),
    ),
    "item": (("不锈钢外壳", "Stainless steel housing"), ("控制器整机", "The whole controller")),
    "keywords": (("伺服、振动抑制、陷波", "servo, vibration suppression, notch filter"),),
    "landing_site": (("南海园孵化器", "The incubator of Nanhai Park"),),
    "leader_profile": (
        (
            "华南理工大学博士，十年电机控制经验",
            "A doctor of South China University of Technology, ten years of motor control",
        ),
    ),
    "main_equipment": (
        (
            "熔炼炉 2 台、空压机 6 台、注塑机 18 台",
            "2 furnaces, 6 compressors, 18 injection machines",
        ),
    ),
    "main_product": (("谐波减速器", "Harmonic drives"), ("电池结构件", "Battery housings")),
    "mark": (("图文组合：山形加中文字号", "Picture and words: a mountain with our Chinese name"),),
    "market_share": (
        ("省内约 18%，全国前五", "About 18 % in the province, among the first five in the country"),
    ),
    "metrics": (
        ("重复定位精度 ±0.02 毫米，寿命 8,000 小时", "Repeatability ±0.02 mm, life 8,000 hours"),
    ),
    "missing_materials": (
        ("环评批复、消防设计审查", "The environmental approval and the fire design review"),
    ),
    "nationality": (("德国", "German"), ("日本", "Japanese")),
    "nice_classes": (("第 7、12 类", "7, 12"), ("第 9 类", "9")),
    "pain_points": (
        ("库存不准、交期靠电话问", "Stock is wrong, delivery dates are asked for by phone"),
        ("质检靠人工，漏检多", "Inspection by hand misses too much"),
    ),
    "parties": (("我司与省科学院一研究所", "We and an institute of the provincial academy"),),
    "partners": (("佛山大学、一家上游材料企业", "Foshan University and a maker of materials"),),
    "past_disputes": (
        ("近两年劳动仲裁 2 起，均已调解", "Two labour arbitrations in two years, both settled"),
        ("无", "None"),
    ),
    "patent_nos": (
        ("ZL2023 1 0412XXX.X\nZL2024 2 0087XXX.3", "ZL2023 1 0412XXX.X\nZL2024 2 0087XXX.3"),
    ),
    "pay_range": (
        ("7,000–9,000 元/月", "7,000–9,000 yuan a month"),
        ("年薪 18–25 万元", "180,000–250,000 yuan a year"),
    ),
    "period": (("2026 年第三季度", "third quarter of 2026"), ("2025 年度", "the year 2025")),
    "permit_no": (("粤排 2024-0311", "YP 2024-0311"),),
    "policy_doc_no": (("佛科〔2026〕17 号", "[2026] 17"), ("佛府办〔2025〕42 号", "[2025] 42")),
    "policy_topic": (
        ("设备更新补贴", "Subsidy for new machines"),
        ("稳岗返还", "Refund for keeping staff"),
        ("首台套奖励", "Award for the first machine of its kind"),
    ),
    "pollutants": (("VOCs、含油废水", "VOCs, oily waste water"),),
    "posts": (
        ("氩弧焊工 2 名，电气工程师 1 名", "Two TIG welders, one electrical engineer"),
        ("嵌入式工程师 3 名", "Three embedded engineers"),
    ),
    "predicate": (
        ("已上市同类导管，注册证可提供", "A catheter on the market, its certificate can be shown"),
    ),
    "preferred_dates": (("下月工作日上午", "Mornings of working days next month"),),
    "priority": (("无", "None"),),
    "problem": (
        ("高温下密封圈三个月失效", "The seal fails within three months when hot"),
        ("焊缝气孔率偏高", "Too many pores in the weld"),
    ),
    "process": (
        ("排产与物料齐套", "Scheduling and kitting"),
        ("压铸工序能耗", "Energy of the die casting"),
    ),
    "product": (
        ("汽车压铸件", "Die castings for cars"),
        ("小家电控制板", "Control boards of small appliances"),
    ),
    "profit_3y": (("310、402、455 万元", "3.1, 4.0, 4.6 million yuan"),),
    "programme": (("省重点研发计划", "Key R&D programme of the province"),),
    "project": (("二期涂装线", "Second painting line"),),
    "project_code": (("2608-440699-04-01-XXXXXX", "2608-440699-04-01-XXXXXX"),),
    "project_no": (("招标编号 2026-117", "tender 2026-117"),),
    "purpose": (
        ("采购数控机床两台，补充流动资金", "Two CNC machines and working capital"),
        ("支付原料款，订单已签", "Raw material for orders already signed"),
    ),
    "question": (
        (
            "二手设备能否享受技改补贴，需要哪些材料",
            "Does the upgrade subsidy cover used machines, and which papers are needed",
        ),
        ("出口退税备案后多久可以申报", "How soon after registration can the VAT refund be claimed"),
    ),
    "rate_cap": (
        ("年化 4.2%", "4.2 % a year"),
        ("不高于 LPR 加 60 基点", "LPR plus 60 points at most"),
    ),
    "rd_projects": (
        (
            "高速压铸模具；在线检测；轻量化支架",
            "Fast die casting moulds; in-line inspection; light brackets",
        ),
    ),
    "rd_spend_3y": (("412、530、668 万元", "4.1, 5.3, 6.7 million yuan"),),
    "refusal_notice": (
        ("“申报主体与发票抬头不一致”", "“The claimant is not the one on the invoice”"),
    ),
    "region": (("珠三角", "Pearl River Delta"), ("广东省", "Guangdong")),
    "report_use": (("客户验厂", "Audit by a customer"), ("招投标", "For a tender")),
    "result": (
        ("石墨烯散热涂层，中试已完成", "A graphene heat-spreading coating, pilot run done"),
    ),
    "revenue_3y": (("5,200、6,100、7,450 万元", "52, 61, 74.5 million yuan"),),
    "right_nos": (
        ("ZL2022 2 1187XXX.6", "ZL2022 2 1187XXX.6"),
        ("商标第 58XXXX21 号", "trade mark 58XXXX21"),
    ),
    "sample": (
        ("铝合金断口 3 件", "Three fractured aluminium samples"),
        ("粉末 20 克", "20 g of powder"),
    ),
    "scope": (
        ("劳动用工与社保", "Labour and social insurance"),
        ("ISO 9001 与 ISO 14001", "ISO 9001 and ISO 14001"),
    ),
    "sector": (("家电零部件", "Parts of appliances"), ("金属加工", "Metalworking")),
    "software_name": (("视觉检测管理系统", "Vision inspection manager"),),
    "spec": (
        ("304 不锈钢，厚 1.2 毫米，需材质报告", "304 stainless, 1.2 mm, with a material report"),
    ),
    "stage": (
        ("已完成备案", "Filed on record"),
        ("注册检验中", "In registration testing"),
        ("施工图阶段", "Detailed drawings"),
    ),
    "standard_no": (("GB/T 10125-2021", "GB/T 10125-2021"), ("ISO 9227", "ISO 9227")),
    "structure": (("香港子公司持股 100%", "Held to 100 % by a company in Hong Kong"),),
    "system": (
        ("生产管理系统", "Production management system"),
        ("客户小程序后台", "Back end of the customers' app"),
    ),
    "systems_in_use": (
        ("金蝶 ERP、自建进销存", "An ERP, stock kept in a program of our own"),
        ("仅有财务软件", "Only book-keeping"),
    ),
    "technology": (
        ("电机振动在线识别与抑制", "Recognising and damping motor vibration while running"),
    ),
    "title": (("铝型材表面缺陷检测规范", "Inspection of surface defects of aluminium profiles"),),
    "topic": (
        ("安全生产与消防", "Safety and fire"),
        ("智能制造成套装备", "Sets of smart equipment"),
        ("班组长管理", "Leading a shift"),
    ),
    "version": (("V2.3", "V2.3"), ("V1.0", "V1.0")),
    "volume": (("每年约 40 吨", "About 40 t a year"), ("首批 5,000 套", "First lot of 5,000 sets")),
}
