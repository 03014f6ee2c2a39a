"""The tables of what happened: to a subject of another table (`Record`), to a member of staff, or to the organisation as a whole."""

from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from disputekit.register.schema import Row, Table, column
from disputekit.text import Text


class Record(Row):
    """A row that says what happened to a subject of another table; its own columns come after these two."""

    subject: str | None = column("所涉对象所在的表（缺省为 disputes）", "The table of the subject; disputes unless said")
    subject_id: str | None = column("所涉对象的编号", "The subject's key in that table", required=True)


class Event(Record):
    """办理过程中发生的一件事 · Something that happened to a subject; evidence about the insurer itself has the subject `organisation`."""

    event_id: str | None = column("事件编号", "Identifies the event")
    activity: str | None = column("活动名称", "What happened, in the words of the packs or of a log", required=True)
    occurred_at: datetime | None = column("发生时间", "When it happened", required=True)
    due_at: datetime | None = column("承诺或要求完成的时间", "When what it promises or asks for is due")
    direction: str | None = column("往来方向：in（客户来）、out（保险人去）", "Which way a contact went: in (from the customer) or out")
    actor_id: str | None = column("行为人的员工编号", "The member of staff who acted")
    unit_id: str | None = column("办理单位编号", "The unit that acted")
    note: str | None = column("备注", "Whatever else was written down")


class Document(Record):
    """材料：收到或制作的一份文件 · A document received or drawn up; the paper itself stays where it is."""

    document_id: str | None = column("材料编号", "Identifies the document")
    kind: str | None = column(
        "材料类型（索赔申请书、合同、出险通知等）", "Its kind, such as claim application, contract, claim notice", required=True
    )
    received_at: datetime | None = column("收到或归档时间", "When it was received or put on file")
    submitted_by: str | None = column("提交人", "Who submitted it")
    verified_at: datetime | None = column("核验时间", "When it was verified to be genuine")
    verified_by: str | None = column("核验人（不应是提交人）", "Who verified it, who should not be who submitted it")
    sha256: str | None = column("文件的 SHA-256 摘要（64 位十六进制）", "The SHA-256 digest of the file: 64 hexadecimal digits")
    uri: str | None = column("存放位置", "Where it is kept")


class Decision(Record):
    """决定：核定、拒赔、处理意见、复核等 · A decision: determination, refusal, finding on a complaint, review."""

    decision_id: str | None = column("决定编号", "Identifies the decision")
    kind: str | None = column("决定类型（核定、拒赔、复核等）", "Its kind, such as determination, refusal, review", required=True)
    decided_at: datetime | None = column("作出决定的时间", "When it was taken")
    result: str | None = column("决定结果", "What was decided")
    grounds: tuple[str, ...] | None = column("理由", "The grounds it gives")
    clauses: tuple[str, ...] | None = column("所依据的合同条款或法条", "The clauses of the contract or articles of law it relies on")
    amount: Decimal | None = column("决定的金额，按所涉对象的币种", "The amount it grants, in the subject's currency")
    decided_by: str | None = column("作出决定的人或机构", "Who took it")
    automated: bool | None = column("是否由系统自动作出", "Whether it was taken by a system without a person")


class Notice(Record):
    """通知：向某人发出的书面或其他形式的告知 · A notice to a party, by whatever channel."""

    notice_id: str | None = column("通知编号", "Identifies the notice")
    kind: str | None = column("通知类型（处理决定、拒赔、延期、补正等）", "Its kind, such as decision, refusal, extension, supplement", required=True)
    party_id: str | None = column("被通知人的当事人编号", "The party to whom it was sent")
    channel: str | None = column("送达方式（信函、短信、电话、电子邮件等）", "The channel, such as letter, text message, telephone, e-mail")
    sent_at: datetime | None = column("发出时间", "When it was sent")
    delivered_at: datetime | None = column("送达时间", "When it reached the party")
    contents: tuple[str, ...] | None = column("通知所载事项（理由、救济途径等）", "What it contains, such as findings, reasons, remedies")
    document_id: str | None = column("通知文本或送达凭证的材料编号", "The document that is the notice or proves it was sent")


class Payment(Record):
    """付款 · A payment that was made."""

    payment_id: str | None = column("付款编号", "Identifies the payment")
    kind: str | None = column("付款类型（保险金、预付、退费等）", "Its kind, such as benefit, advance, refund", required=True)
    class_: str | None = column("清偿顺位类别（清算中）", "The class under which it was paid in the liquidation", name="class")
    paid_at: datetime | None = column("付款时间（款项付出）", "When it left the insurer's account")
    amount: Decimal | None = column("付款金额，按本行币种", "What was paid, in `currency`")
    currency: str | None = column("币种（ISO 4217，如 CNY）", "The currency of the amount (ISO 4217, such as CNY)")
    payee_id: str | None = column("收款人编号", "Who was paid: a customer or a third party")


class Request(Record):
    """要求客户提供的材料或信息 · Something that was asked of the customer."""

    request_id: str | None = column("要求编号", "Identifies the request")
    kind: str | None = column("所要求的材料或信息类型", "What was asked for: the kind of document or information", required=True)
    asked_at: datetime | None = column("提出要求的时间", "When it was asked for")
    already_held: bool | None = column("提出时保险人是否已持有", "Whether the insurer already held it when it asked")
    fulfilled_at: datetime | None = column("客户提供的时间", "When the customer supplied it")
    notice_id: str | None = column("载明该要求的通知编号", "The notice that carried the request; requests made at once share it")


class Party(Record):
    """当事人与参与人：客户、代理人、继承人、调解员等 · A person with a part in a proceeding: customer, agent, heir, mediator."""

    party_id: str | None = column("当事人编号", "Identifies the party")
    person_id: str | None = column("人员编号（同一人在各处相同）", "Identifies the person wherever they take part")
    name: str | None = column("姓名或名称", "The person's name")
    role: str | None = column("身份（投诉人、代理人、继承人、调解员等）", "Their part, such as complainant, agent, heir, mediator")
    organisation: str | None = column("所属或所代表的单位", "The organisation they belong to or act for")
    authority_document_id: str | None = column("授权委托书或身份关系证明的材料编号", "The document that proves their authority to act")
    conflict: bool | None = column("是否存在利益冲突（经申报）", "Whether a conflict of interest was declared; false: declared to have none")
    starts_on: date | None = column("参与首日", "The first date of their part")
    ends_on: date | None = column("参与末日", "The last date of their part; none while it lasts")
    face_to_face: bool | None = column("是否当面（来访）参与", "Whether they came in person")


class Assignment(Record):
    """分派：员工承办某事项的期间 · A member of staff put in charge of a subject, for a while."""

    staff_id: str | None = column("员工编号", "The member of staff", required=True)
    role: str | None = column("承担的角色（经办、调查、复核等）", "In what role, such as handler, investigator, reviewer")
    starts_at: datetime | None = column("开始时间", "When the assignment began")
    ends_at: datetime | None = column("结束时间", "When it ended; none while it lasts")


class Link(Row):
    """两条记录之间的关联 · A link from one row to another, such as merged_into, duplicate_of, review_of, about_claim."""

    kind: str | None = column("关联类型（并案、重复、复核、所涉赔案等）", "Its kind, read from source to target", required=True)
    source: str | None = column("起点所在的表", "The table of the row from which it leads", required=True)
    source_id: str | None = column("起点的编号", "The key of the row from which it leads", required=True)
    target: str | None = column("终点所在的表", "The table of the row to which it leads", required=True)
    target_id: str | None = column("终点的编号", "The key of the row to which it leads", required=True)
    linked_at: datetime | None = column("建立关联的时间", "When the link was made")
    linked_by: str | None = column("建立关联的人", "Who made it")


class Phase(Row):
    """机构所处的清退阶段 · A phase of the organisation's wind-down, such as run_off, dissolution_approved, filing_window."""

    phase: str | None = column("阶段名称", "The phase", required=True)
    starts_on: date | None = column("阶段首日", "Its first date", required=True)
    ends_on: date | None = column("阶段末日（当日仍属该阶段）", "Its last date, itself still in the phase; none while it lasts")
    document_id: str | None = column("批准或公告文件的材料编号", "The document that opened it: an approval, an announcement")


class Training(Row):
    """培训完成记录 · A course that a member of staff completed."""

    staff_id: str | None = column("员工编号", "The member of staff", required=True)
    course: str | None = column("课程", "The course", required=True)
    completed_at: datetime | None = column("完成时间", "When it was completed", required=True)
    expires_on: date | None = column("有效期末日", "The last date on which it is valid; none where it doesn't expire")
    hours: Decimal | None = column("学时（小时，至多两位小数）", "Its length in hours, to two decimals")
    score: Decimal | None = column("考核成绩（按该课程的计分标准）", "The result of its examination, on the course's own scale")
    evidence: str | None = column("证明（证书编号、成绩单等）", "What proves it: certificate number, examination record")


class Feedback(Record):
    """客户满意度调查及其答复 · A survey sent to a customer, and the answer."""

    feedback_id: str | None = column("调查编号", "Identifies the survey")
    sent_at: datetime | None = column("发出时间", "When it was sent")
    answered_at: datetime | None = column("答复时间", "When it was answered; none while unanswered")
    score: Decimal | None = column("满意度评分（按本机构的计分标准）", "The customer's score, on the organisation's own scale")
    comment: str | None = column("客户意见（原文）", "What the customer wrote")


class Mention(Row):
    """媒体或网络上的一则提及 · A mention of the insurer in the press or on the net."""

    mention_id: str | None = column("舆情编号", "Identifies the mention")
    published_at: datetime | None = column("发布时间", "When it was published", required=True)
    source: str | None = column("发布媒体或平台", "The medium or platform that carried it")
    reach: int | None = column("传播量（阅读或受众人数）", "How many people it reached")
    sentiment: str | None = column("倾向：positive（正面）、neutral（中性）、negative（负面）", "Its tone: positive, neutral or negative")
    needs_answer: bool | None = column("是否需要回应", "Whether the insurer must answer it")
    responded_at: datetime | None = column("回应时间", "When the insurer answered it")
    text: str | None = column("内容（原文）", "What it says")


class Action(Record):
    """改进或应急措施 · A piece of improvement or emergency work, with an owner and a due date."""

    subject_id: str | None = column("所涉对象的编号（措施不针对某一对象时为空）", "The subject's key; empty where the action is about no single one")
    action_id: str | None = column("措施编号", "Identifies the action")
    kind: str | None = column("措施类型（改进、应急、整改等）", "Its kind, such as improvement, emergency, correction")
    cause: str | None = column("针对的争议原因", "The cause of disputes that it is to remove")
    owner_id: str | None = column("责任人的员工编号", "The member of staff who answers for it")
    opened_at: datetime | None = column("立项时间", "When it was opened")
    due_at: datetime | None = column("完成期限", "When it is to be done")
    done_at: datetime | None = column("完成时间", "When it was done; none while open")


class Filing(Record):
    """向监管机关、法院等报送的文件 · A report or filing to an authority, filed or still owed."""

    subject_id: str | None = column("所涉对象的编号（报送不针对某一对象时为空）", "The subject's key; empty where the filing is about no single one")
    authority: str | None = column("报送对象（监管机关、法院等）", "The authority to which it goes")
    kind: str | None = column("报送类型", "What is filed", required=True)
    period: str | None = column("所属期间（如 2026、2026-Q1、2026-03）", "The period it covers, such as 2026, 2026-Q1, 2026-03")
    due_at: datetime | None = column("报送期限", "When it is due")
    filed_at: datetime | None = column("报送时间", "When it was filed; none while owed")
    receipt: str | None = column("回执编号", "The authority's receipt")


class Transfer(Row):
    """保险合同转让给另一保险人 · The transfer of a contract to another insurer."""

    transfer_id: str | None = column("转让编号", "Identifies the transfer")
    contract_id: str | None = column("被转让的保险合同号", "The contract that is transferred", required=True)
    transferee: str | None = column("受让保险公司", "The insurer who takes it over")
    agreed_on: date | None = column("转让协议签订日期", "The date of the transfer agreement")
    approved_on: date | None = column("监管批准日期", "The date on which the authority approved it")
    effective_on: date | None = column("转让生效日期", "The first date on which the transferee bears the risk")
    customer_notified_at: datetime | None = column("通知客户的时间", "When the customer was told")


class Reconciliation(Row):
    """与外部总数的核对 · A control total of another source, beside the register's own."""

    source: str | None = column("对照来源（核心系统、总账、监管台账等）", "Whose total it is: core system, general ledger, regulator", required=True)
    period: str | None = column("所属期间（如 2026、2026-Q1、2026-03）", "The period it covers, such as 2026, 2026-Q1, 2026-03")
    theirs: Decimal | None = column("对方总数（件数或金额，至多两位小数）", "Their total: a count or an amount, to two decimals", required=True)
    ours: Decimal | None = column("登记簿总数（与对方口径相同）", "The register's total of the same thing, to two decimals", required=True)
    explained: str | None = column("差异原因（无说明则空）", "Why the two differ; empty where nobody has explained it")
    explained_by: str | None = column("说明人", "Who explained it")


EVENTS = Table(
    "events", Event, Text(zh="事件", en="Events"), key="event_id", key_optional=True, kind="activity", moment="occurred_at",
    refers=MappingProxyType({"actor_id": "staff", "unit_id": "units"}),
)  # fmt: skip
DOCUMENTS = Table("documents", Document, Text(zh="材料", en="Documents"), key="document_id", key_optional=True, kind="kind", moment="received_at")
DECISIONS = Table("decisions", Decision, Text(zh="决定", en="Decisions"), key="decision_id", key_optional=True, kind="kind", moment="decided_at")
NOTICES = Table(
    "notices", Notice, Text(zh="通知", en="Notices"), key="notice_id", key_optional=True, kind="kind", moment="sent_at",
    refers=MappingProxyType({"document_id": "documents"}),
)  # fmt: skip
PAYMENTS = Table("payments", Payment, Text(zh="付款", en="Payments"), key="payment_id", key_optional=True, kind="kind", moment="paid_at")
REQUESTS = Table(
    "requests", Request, Text(zh="材料要求", en="Requests"), key="request_id", key_optional=True, kind="kind", moment="asked_at",
    refers=MappingProxyType({"notice_id": "notices"}),
)  # fmt: skip
PARTIES = Table(
    "parties", Party, Text(zh="当事人", en="Parties"), key="party_id", key_optional=True, kind="role", moment="starts_on",
    refers=MappingProxyType({"authority_document_id": "documents"}),
)  # fmt: skip
ASSIGNMENTS = Table(
    "assignments", Assignment, Text(zh="分派", en="Assignments"), kind="role", moment="starts_at", refers=MappingProxyType({"staff_id": "staff"})
)
LINKS = Table("links", Link, Text(zh="关联", en="Links"), kind="kind", moment="linked_at")
PHASES = Table("phases", Phase, Text(zh="阶段", en="Phases"), kind="phase", moment="starts_on", refers=MappingProxyType({"document_id": "documents"}))
TRAINING = Table(
    "training", Training, Text(zh="培训", en="Training"), kind="course", moment="completed_at", refers=MappingProxyType({"staff_id": "staff"})
)
FEEDBACK = Table("feedback", Feedback, Text(zh="客户反馈", en="Feedback"), key="feedback_id", key_optional=True, moment="sent_at")
MENTIONS = Table(
    "mentions", Mention, Text(zh="舆情", en="Mentions"), key="mention_id", key_optional=True, moment="published_at", begins="published_at"
)
ACTIONS = Table(
    "actions", Action, Text(zh="措施", en="Actions"), key="action_id", key_optional=True, kind="kind", moment="opened_at", begins="opened_at",
    refers=MappingProxyType({"owner_id": "staff"}),
)  # fmt: skip
FILINGS = Table("filings", Filing, Text(zh="报送", en="Filings"), kind="kind", moment="filed_at")
TRANSFERS = Table(
    "transfers", Transfer, Text(zh="合同转让", en="Transfers"), key="transfer_id", key_optional=True, moment="effective_on", begins="agreed_on",
    refers=MappingProxyType({"contract_id": "contracts"}),
)  # fmt: skip
RECONCILIATIONS = Table("reconciliations", Reconciliation, Text(zh="核对", en="Reconciliations"))
