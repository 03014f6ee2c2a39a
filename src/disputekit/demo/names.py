"""The words of the demo: places, products, causes, what customers write. Every person and company in it is made up."""

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马苗凤方俞任袁柳"
GIVEN = "安邦宸澄楚川岱帆芳涵浩衡弘慧嘉健静鹃恺岚黎琳陵茂敏宁沛琪清荣若森书涛婷惟文希贤晓欣雅彦宜怡颖雨煜远悦泽哲芷舟"

BRANCHES = {
    "浙江": ("杭州", "宁波", "温州"), "江苏": ("南京", "苏州", "徐州"), "广东": ("广州", "佛山", "东莞"),
    "四川": ("成都", "绵阳"), "湖北": ("武汉", "宜昌"), "山东": ("济南", "青岛", "烟台"),
}  # fmt: skip
BRANCH_WEIGHTS = (24, 20, 22, 12, 10, 12)

DEPARTMENTS = (("理赔部", "理赔员"), ("理赔部", "调查员"), ("客户服务部", "争议处理员"), ("调解中心", "调解员"), ("合规部", "合规专员"))

PRODUCTS: dict[str, tuple[str, ...]] = {
    "motor": ("机动车商业保险", "新能源汽车商业保险", "机动车交通事故责任强制保险"),
    "health": ("安心百万医疗保险", "重大疾病保险（一年期）", "住院津贴保险"),
    "accident": ("综合意外伤害保险", "交通工具意外伤害保险"),
    "home": ("家庭财产综合保险", "家用电器延长保修保险"),
    "commercial": ("企业财产综合保险", "小微企业营业中断保险"),
    "liability": ("雇主责任保险", "公众责任保险"),
}
LINE_WEIGHTS = (38, 27, 13, 9, 7, 6)
LIMITS = {"motor": 300_000, "health": 1_000_000, "accident": 200_000, "home": 500_000, "commercial": 8_000_000, "liability": 2_000_000}
"""The sums insured, yuan, by line; a contract has this or a simple fraction of it."""

CHANNELS = ("telephone", "online", "counter", "letter", "regulator")
CHANNEL_WEIGHTS = (40, 34, 14, 7, 5)
REST_DAY_CHANNELS = ("telephone", "online")

CAUSES: dict[str, tuple[str, ...]] = {
    "clause": ("投保时未有人说明免责条款，现以“{clause}”为由拒赔，客户不认可。", "客户对{clause}的理解与公司不同，要求书面解释。"),
    "coverage": ("客户认为本次事故属于保险责任，不应依{clause}拒赔，要求重新核定。", "公司认定事故发生时不在承保范围内，客户不认可。"),
    "amount": ("客户对定损金额不认可，主张损失为{claimed}元，要求按实际费用赔付。", "剔除项目过多，客户要求列明依据并补足差额。"),
    "process": ("理赔进度长期无人告知，客户对办理流程不满。", "报案后查勘人员迟迟未到场，客户要求说明原因并尽快处理。"),
    "documents": ("客户多次补交材料，每次要求不同，认为公司有意拖延。",),
    "disclosure": ("公司称投保时未如实告知既往情况并拒赔，客户称当时无人询问。",),
    "sales": ("客户称销售人员承诺“什么都赔”，与{clause}不符。",),
    "service": ("客户反映接待人员态度生硬、推诿，要求道歉并更换经办人。",),
}
"""What customers write, by cause: the taxonomy of the pack mediation-practice."""
CAUSE_WEIGHTS = (17, 15, 30, 14, 9, 6, 5, 4)
AFTER_DISSOLUTION = "客户从媒体得知公司获批解散，担心赔款无法兑付，要求尽快给付。"

EXPECTATIONS = (
    "按合同约定全额赔付", "书面说明拒赔依据", "公司解散前完成给付", "重新定损", "退还保险费", "由负责人当面解释",
    "补足医疗费差额", "分期给付可以接受，但须写明日期",
)  # fmt: skip
CLAUSES = ("第五条（保险责任）", "第七条（责任免除）", "第九条（免赔额）", "第十二条（索赔材料）", "第十八条（赔款计算）", "第二十一条（通知义务）")
COMPANY = "示例财产保险股份有限公司"
"""As in disputekit.toml."""
GOALS = ("就赔付金额达成一致", "就责任认定达成一致", "确定给付日期与方式")
MEDIATION_BODIES = ("示例市保险行业调解委员会", "示例区人民调解委员会")
CONTACT_NOTES = ("已接通，客户情绪平稳", "已接通，约定面谈", "客户要求书面答复", "已告知承办人姓名与电话", "客户询问解散后如何给付，已说明")
