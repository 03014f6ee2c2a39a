"""The tables of things that have an identity: who and what a dispute is about.

A claim (理赔), a dispute or complaint (争议、投诉), a mediation (调解) and a creditor claim in liquidation (债权申报) are four proceedings
and four tables. Whatever an insurer knows beside these columns can be mapped too; `<name>_at` and `<name>_on` are then milestones.
"""

from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from disputekit.register.schema import Row, Table, column
from disputekit.text import Text


class Organisation(Row):
    """保险机构本身，仅一行，取自配置文件 · The insurer itself: one row, from the configuration."""

    organisation_id: str | None = column("机构编号", "Identifies the organisation", required=True)
    name: str | None = column("机构全称", "Its full legal name")
    jurisdiction: str | None = column("所属法域（ISO 3166 国家代码，如 CN）", "Whose law governs it: an ISO 3166 country code, such as CN")
    legal_form: str | None = column("组织形式（股份有限公司、相互保险社等）", "Its legal form, such as company limited by shares or mutual")
    lines: tuple[str, ...] | None = column("经营的险种大类（人身险、财产险等）", "The classes of insurance it writes, such as life, property")


class Unit(Row):
    """分支机构，按层级组成树形 · A unit of the organisation: head office, branch, sub-branch."""

    unit_id: str | None = column("机构单位编号", "Identifies the unit", required=True)
    name: str | None = column("单位名称", "Its name")
    parent_id: str | None = column("上级单位编号", "The unit directly above it; none for the head office")
    level: int | None = column("层级（总公司为 0，一级分公司为 1，依次递增）", "Its level: 0 the head office, 1 a first-level branch, and so on down")
    opened_on: date | None = column("开业日期", "The date it opened")
    closed_on: date | None = column("撤销或停业日期", "The date it was closed")


class StaffMember(Row):
    """员工 · A member of staff."""

    staff_id: str | None = column("员工编号", "Identifies the member of staff", required=True)
    name: str | None = column("姓名", "The person's name")
    unit_id: str | None = column("所属单位编号", "The unit they belong to")
    department: str | None = column("部门（理赔、合规、客服等）", "Their department, such as claims, compliance, customer service")
    role: str | None = column("岗位（理赔员、调解员、合规负责人等）", "Their post, such as claims handler, mediator, head of compliance")
    joined_on: date | None = column("入职日期", "The first date of their employment")
    left_on: date | None = column("离职日期", "The last date of their employment; none while employed")


class Customer(Row):
    """客户：投保人、被保险人、受益人或其他索赔人 · A customer: policyholder, insured, beneficiary or other claimant."""

    customer_id: str | None = column("客户编号", "Identifies the customer", required=True)
    kind: str | None = column("客户类型：person（自然人）或 organisation（单位）", "What the customer is: person or organisation")
    born_on: date | None = column("出生日期（自然人）", "The date of birth of a person")
    deceased_on: date | None = column("死亡日期（自然人）", "The date of death of a person")
    vulnerable: bool | None = column("是否需特别照顾（高龄、残疾、重病等）", "Whether the customer needs special care (age, disability, illness)")
    segment: str | None = column("客户群体（个人、团体、中小企业等）", "The customer segment, such as retail, group, small business")
    contact_channel: str | None = column("客户选择的联系方式", "The channel by which the customer wishes to be reached")


class Contract(Row):
    """保险合同 · An insurance contract (the customer's policy, not a policy pack)."""

    contract_id: str | None = column("保险合同号（保单号）", "Identifies the contract (policy number)", required=True)
    customer_id: str | None = column("投保人的客户编号", "The customer who concluded it")
    product: str | None = column("保险产品", "The product sold")
    line: str | None = column("险种大类", "The class of insurance")
    concluded_on: date | None = column("合同成立日期", "The date on which the contract was concluded")
    starts_on: date | None = column("保险期间首日", "The first date of cover")
    ends_on: date | None = column("保险期间末日（当日仍承保）", "The last date of cover, itself still covered")
    amount_limit: Decimal | None = column("保险金额或赔偿限额，合同币种", "The sum insured or limit of indemnity, in `currency`")
    amount_deductible: Decimal | None = column("免赔额，合同币种", "The deductible, in `currency`")
    coinsurance: Decimal | None = column(
        "客户自负比例，0 至 1（0.2 即 20%）", "The share of a loss that the customer bears, from 0 to 1 (0.2 is 20 %)", scale=4
    )
    currency: str | None = column("币种（ISO 4217，如 CNY）", "The currency of its amounts (ISO 4217, such as CNY)")
    standard_version: str | None = column("承保时适用的核保理赔标准版本", "The version of the claims standard in force when it was underwritten")


class Claim(Row):
    """理赔：被保险人或受益人的索赔请求 · A claim under a contract, before and apart from any dispute about it."""

    claim_id: str | None = column("赔案号", "Identifies the claim", required=True)
    contract_id: str | None = column("保险合同号", "The contract under which it is made")
    customer_id: str | None = column("索赔人的客户编号", "The customer who makes it")
    line: str | None = column("险种大类", "The class of insurance")
    occurred_on: date | None = column("保险事故发生日期", "The date of the insured event")
    received_at: datetime | None = column("收到索赔请求的时间", "When the insurer received the claim", required=True)
    documents_completed_at: datetime | None = column("索赔材料齐全的时间", "When the last document needed to decide it had been received")
    amount_claimed: Decimal | None = column("索赔金额，按本行币种", "What is claimed, in `currency`")
    currency: str | None = column("币种（ISO 4217，如 CNY）", "The currency of its amounts (ISO 4217, such as CNY)")
    determine_due_on: date | None = column(
        "合同约定的核定截止日（无约定则空）", "The last date to determine it where the contract sets one; else empty"
    )
    pay_due_on: date | None = column("合同约定的赔付截止日（无约定则空）", "The last date to pay it where the contract sets one; else empty")
    standard_version: str | None = column("核定时适用的理赔标准版本", "The version of the claims standard by which it was determined")
    channel: str | None = column("报案渠道（电话、柜面、线上等）", "The channel by which it came in, such as telephone, counter, online")


class Dispute(Row):
    """争议、投诉 · A dispute or complaint of a customer, as a rule about a claim."""

    dispute_id: str | None = column("争议编号", "Identifies the dispute", required=True)
    customer_id: str | None = column("客户编号", "The customer whose dispute it is")
    contract_id: str | None = column("保险合同号", "The contract it concerns")
    claim_id: str | None = column("赔案号", "The claim it concerns; several claims of one dispute are joined by `links`")
    unit_id: str | None = column("承办单位编号", "The unit that handles it")
    handler_id: str | None = column("经办人的员工编号", "The member of staff who handles it")
    product: str | None = column("涉及的保险产品", "The product it concerns")
    line: str | None = column("险种大类", "The class of insurance")
    region: str | None = column("地区", "The region it comes from")
    channel: str | None = column("受理渠道（电话、信函、来访、线上等）", "The channel by which it came in, such as telephone, letter, visit, online")
    cause: str | None = column("争议原因（按本机构分类）", "Its cause, in the organisation's taxonomy")
    complexity: str | None = column("复杂程度（本机构自评）", "How complex the organisation holds it to be")
    expectation: str | None = column("客户的诉求与期望", "What the customer expects, in the customer's sense")
    amount_claimed: Decimal | None = column("客户主张的金额，按本行币种", "What the customer asks for, in `currency`")
    amount_offered: Decimal | None = column("保险人提出的金额，按本行币种", "What the insurer offers, in `currency`")
    amount_agreed: Decimal | None = column("双方约定的金额，按本行币种", "What both sides agreed, in `currency`")
    currency: str | None = column("币种（ISO 4217，如 CNY）", "The currency of its amounts (ISO 4217, such as CNY)")
    group_id: str | None = column("群体性争议编号", "Names the group of disputes about one matter to which it belongs")
    status: str | None = column("办理状态（如办理中、已撤回、已办结）", "Where it stands, such as open, withdrawn, closed")
    received_at: datetime | None = column("收到时间（期限自此起算）", "When the insurer received it, whoever took it in", required=True)
    registered_at: datetime | None = column("登记时间", "When it was entered in the register of disputes")
    closed_at: datetime | None = column("办结时间", "When it was closed")
    description: str | None = column("争议内容（原文）", "What it is about, as it was written down")


class Mediation(Row):
    """调解：对某一争议的一次调解程序 · A mediation of a dispute, inside the company or by a third body."""

    mediation_id: str | None = column("调解编号", "Identifies the mediation", required=True)
    dispute_id: str | None = column("争议编号", "The dispute that is mediated")
    forum: str | None = column(
        "调解主体：internal（公司内部）、industry（行业调解组织）、committee（人民调解委员会）、court（法院）",
        "Before whom: internal, industry (industry body), committee (people's mediation committee), court",
    )
    goal: str | None = column("调解目标", "The goal set for it")
    scheduled_at: datetime | None = column("约定的调解时间", "When the meeting is set to begin")
    place: str | None = column("调解地点（含线上）", "Where the meeting is held, or that it is held online")
    held_at: datetime | None = column("实际召开时间", "When the meeting was held")
    outcome: str | None = column("调解结果（如达成协议、未达成、中止）", "Its outcome, such as agreed, failed, adjourned")
    record_signed_at: datetime | None = column("调解笔录签字时间", "When the record of the meeting was signed")
    customer_signed_at: datetime | None = column("客户签署调解协议时间", "When the customer signed the agreement")
    insurer_signed_at: datetime | None = column("保险人签署调解协议时间", "When the insurer signed the agreement")
    performance_due_on: date | None = column("协议履行截止日", "The last date to perform the agreement")
    performed_at: datetime | None = column("协议履行完毕时间", "When the agreement had been performed in full")


class CreditorClaim(Row):
    """债权申报：清算中债权人的申报 · A creditor's claim in the liquidation; a creditor who hasn't filed has a row too."""

    creditor_claim_id: str | None = column("债权编号", "Identifies the creditor claim", required=True)
    customer_id: str | None = column("债权人的客户编号", "The creditor, where it is a customer")
    contract_id: str | None = column("债权所依据的保险合同号", "The contract from which it arises")
    claim_id: str | None = column("债权所依据的赔案号", "The claim from which it arises")
    dispute_id: str | None = column("涉及的争议编号", "The dispute about it")
    class_: str | None = column("清偿顺位类别", "The class that ranks it in the order of payment", name="class")
    notified_at: datetime | None = column("债权人接到申报通知的时间", "When the creditor received the notice to file")
    filed_at: datetime | None = column("申报时间", "When the creditor filed it")
    filing_ends_on: date | None = column("该债权人申报期限的末日", "The last date on which this creditor may file")
    amount_filed: Decimal | None = column("申报金额，清算本位币", "What was filed, in the currency of the liquidation")
    amount_admitted: Decimal | None = column("确认金额，清算本位币", "What was admitted, in the currency of the liquidation")
    determined_at: datetime | None = column("债权确认或不予确认的时间", "When it was admitted or refused")
    objected_at: datetime | None = column("债权人提出异议的时间", "When the creditor objected to the determination")


class Incident(Row):
    """突发或重大事件 · An incident that may call for an emergency plan."""

    incident_id: str | None = column("事件编号", "Identifies the incident", required=True)
    kind: str | None = column("事件类型（群体聚集、系统中断、信息泄露等）", "Its kind, such as gathering, system outage, data leak")
    severity: str | None = column("严重程度（按本机构分级）", "How severe it is, on the organisation's scale")
    occurred_at: datetime | None = column("发生时间", "When it happened")
    detected_at: datetime | None = column("发现时间", "When the organisation came to know of it")
    closed_at: datetime | None = column("处置结束时间", "When it had been dealt with")
    affected: int | None = column("受影响的人数", "How many people it affects")
    description: str | None = column("事件经过", "What happened")


ORGANISATION = Table("organisation", Organisation, Text(zh="机构", en="Organisation"), key="organisation_id")
UNITS = Table("units", Unit, Text(zh="分支机构", en="Units"), key="unit_id", begins="opened_on", refers=MappingProxyType({"parent_id": "units"}))
STAFF = Table("staff", StaffMember, Text(zh="员工", en="Staff"), key="staff_id", begins="joined_on", refers=MappingProxyType({"unit_id": "units"}))
CUSTOMERS = Table("customers", Customer, Text(zh="客户", en="Customers"), key="customer_id")
CONTRACTS = Table(
    "contracts", Contract, Text(zh="保险合同", en="Contracts"), key="contract_id", begins="concluded_on",
    refers=MappingProxyType({"customer_id": "customers"}),
)  # fmt: skip
CLAIMS = Table(
    "claims", Claim, Text(zh="理赔", en="Claims"), key="claim_id", begins="received_at",
    refers=MappingProxyType({"contract_id": "contracts", "customer_id": "customers"}),
)  # fmt: skip
DISPUTES = Table(
    "disputes", Dispute, Text(zh="争议", en="Disputes"), key="dispute_id", begins="received_at",
    refers=MappingProxyType({
        "customer_id": "customers", "contract_id": "contracts", "claim_id": "claims", "unit_id": "units", "handler_id": "staff",
    }),
)  # fmt: skip
MEDIATIONS = Table("mediations", Mediation, Text(zh="调解", en="Mediations"), key="mediation_id", refers=MappingProxyType({"dispute_id": "disputes"}))
CREDITOR_CLAIMS = Table(
    "creditor_claims", CreditorClaim, Text(zh="债权申报", en="Creditor claims"), key="creditor_claim_id", begins="notified_at",
    refers=MappingProxyType({"customer_id": "customers", "contract_id": "contracts", "claim_id": "claims", "dispute_id": "disputes"}),
)  # fmt: skip
INCIDENTS = Table("incidents", Incident, Text(zh="突发事件", en="Incidents"), key="incident_id", begins="occurred_at")
