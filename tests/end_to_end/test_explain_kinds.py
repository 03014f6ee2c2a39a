"""`explain` tells the whole count of every kind, in both languages, and sets the walk's verdict beside the query's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from tests.end_to_end.running import called
from tests.projects import control, write_pack, write_project

from disputekit.config import load_project
from disputekit.explain.explained import Explained, deciding
from disputekit.explain.story import story
from disputekit.text import Language, speaker

AS_OF = date(2026, 1, 31)
FILES = {
    "disputes.csv": """\
dispute_id,received_at,closed_at,channel,cause,handler_id,contract_id,amount_agreed,customer_id
D-1,2026-01-05T09:00:00,2026-01-23T10:00:00,phone,delay,E-1,C-1,90.00,K-1
D-2,2026-01-06T09:00:00,,letter,gossip,E-2,C-2,,K-1
D-3,,,phone,delay,,C-9,100.00,K-2
""",
    "contracts.csv": "contract_id,line,amount_limit\nC-1,motor,100.00\nC-2,life,80.00\n",
    "events.csv": """\
subject,subject_id,activity,occurred_at,direction
disputes,D-1,called,2026-01-07T09:00:00,out
disputes,D-1,called,2026-01-20T09:00:00,in
disputes,D-1,called,2026-01-30,out
disputes,D-2,called,2026-01-20T10:00:00,
disputes,D-1,heard,2026-01-24T10:00:00,in
organisation,,announced,2026-01-15T09:00:00,out
organisation,,post_opened,2026-01-03T09:00:00,out
organisation,,post_closed,2026-01-10T09:00:00,out
""",
    "documents.csv": """\
subject_id,kind,received_at,verified_at,verified_by,submitted_by,sha256
D-1,contract,2026-01-06T08:00:00,2026-01-07T08:00:00,E-2,K-1,aa
D-1,form,2026-01-29T08:00:00,,,K-1,
""",
    "notices.csv": "subject_id,kind,sent_at,contents,party_id\nD-1,refusal,2026-01-21T09:00:00,reasons;remedies,K-1\nD-1,refusal,2026-01-22T09:00:00,reasons,\n",
    "assignments.csv": "subject_id,staff_id,role,starts_at,ends_at\nD-1,E-1,mediator,2026-01-06T09:00:00,\nD-2,E-9,mediator,2026-01-06T09:00:00,\n",
    "payments.csv": "payment_id,subject_id,kind,paid_at,amount,currency\nP-1,D-1,benefit,2026-01-16T09:00:00,10.00,CNY\nP-2,D-1,benefit,2026-02-02T09:00:00,90.00,CNY\n",
    "staff.csv": "staff_id,name,joined_on\nE-1,A,2026-01-01\n",
    "training.csv": "staff_id,course,completed_at,expires_on\nE-1,law,2026-01-11T09:00:00,2026-01-20\n",
    "phases.csv": "phase,starts_on,ends_on\nrun_off,2025-01-01,2026-01-05\n",
}  # fmt: skip
RULES = {
    "COUNTED": 'kind = "deadline"\nfrom = "received"\nto = "closed"\nwithin = "$days"',
    "SUM": 'kind = "deadline"\nfrom = "received"\nto = { sum = "payments.benefit", reaches = "amount_agreed" }\nwithin = "20 days"',
    "ORDER": 'kind = "sequence"\nfirst = "heard"\nthen = "closed"',
    "THERE": 'kind = "required"\nfields = ["cause", "contract.line", "heard"]\nwhen = "received"\nby = "10 days"',
    "NEVER": 'kind = "forbidden"\nsubject = "payments"\nactivity = "paid"\nfrom = "organisation.announced"\nuntil = { latest = ["disputes.closed_at"] }',
    "OFTEN": 'kind = "occurrences"\nof = "called"\nmin = 2\nmax = 2\nfrom = "received"\nwithin = "$days"',
    "PAPERS": 'kind = "documents"\nkinds = ["contract", "form", "photo"]\nverified = true\nby = { from = "received", within = "$days" }',
    "SAYS": 'kind = "documents"\nkinds = ["refusal"]\ncontents = ["reasons", "remedies"]',
    "SUMS": 'kind = "amount"\nactual = "amount_agreed"\nexpected = "contract.amount_limit"\ntolerance = 5',
    "HOLDS": 'kind = "condition"\nholds = "contract.line = \'motor\'"\nwhere = "channel <> \'letter\'"',
    "WORDS": 'kind = "vocabulary"\ncolumn = "cause"\nvalues = ["delay", "amount"]',
    "EACH": 'kind = "cadence"\nactivity = "called"\nevery = "10 days"\nfrom = "received"',
    "MONTHLY": 'kind = "cadence"\nactivity = "called"\nperiod = "month"\ndue = "9 days"',
    "PART": 'kind = "share"\nof = "called"\nper = "customer_id"\nfrom = "received"\nperiod = "month"\nmin = 0.5\nsmallest = 1',
    "SAMPLE": 'kind = "share"\nholds = "cause = \'delay\'"\nmin = 0.9\nconfidence = 0.95',
    "ANY": 'kind = "exists"\nrecord = "events.called"\nmeets = "direction = \'in\'"\nfrom = "received"\nwithin = "10 days"',
    "MET": 'kind = "exists"\nrecord = "assignments.mediator"\nmatch = { staff_id = "handler_id" }',
    "BEATS": 'kind = "heartbeat"\nactivities = ["called"]\nevery = "10 days"\nfrom = "received"\nuntil = "closed"',
    "FEW": 'kind = "limit"\nmeasure = { of = "events.called", where = "direction = \'out\'" }\nper = "customer_id"\nmax = 2',
    "NEUTRAL": 'kind = "independence"\nrole = "mediator"\nof = "assignments"\nnot_in = ["handler_id"]\nwhen = "closed"',
    "POST": 'kind = "in_place"\nsubject = "organisation"\nevidence = [{ from = "post_opened", to = "post_closed" }]\nfrom = "approved"',
    "TAUGHT": 'kind = "in_place"\nsubject = "staff"\nevidence = ["training.law"]',
    "PHASED": 'kind = "condition"\nholds = "cause IS NOT NULL"\napplies = { phase = ["run_off"] }',
    "LINED": 'kind = "condition"\nholds = "cause IS NOT NULL"\napplies = { line = ["motor"] }',
}
PARAMETERS = """\
[instruments.handbook]
title = { zh = "手册", en = "Our handbook" }
in_force = 2020-01-01
reviewed_on = 2026-01-01
[parameters.days]
title = { zh = "期限", en = "Time" }
basis = "practice"
values = [ { value = "10 working days", cite = "handbook page 3" } ]
"""
CONFLICT = """
[[conflicts]]
id = "words-or-order"
title = { zh = "冲突", en = "Conflict" }
between = ["CONTRARY", "ORDER"]
decided_by = "opinion"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kinds")
    write_pack(folder / "house", PARAMETERS, *(control(name, rest) for name, rest in RULES.items()))
    write_pack(folder / "other", control("CONTRARY", RULES["WORDS"]), CONFLICT.replace('"ORDER"', '"HOLDS"'), id_="other")
    more = "".join(f"[register.{name[:-4]}]\npath = '{name}'\n" for name in FILES if name != "disputes.csv")
    more += "[wind_down]\napproved_on = 2026-01-02\n[register.coverage]\n"
    more += "".join(f"{table} = {{ from = 2025-01-01 }}\n" for table in ("events", "documents", "assignments", "payments", "training"))
    write_project(folder, packs=("./house", "./other"), more=more)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


Decided = Callable[[str, str], Explained]


@pytest.fixture(scope="module")
def decided(project: Path) -> Iterator[Decided]:
    """A subject of a control, decided again; what a control reads is loaded once for all of its subjects."""
    loaded = load_project(project)
    with ExitStack() as opened:

        @cache
        def of(control_id: str) -> Callable[[str], Explained]:
            return opened.enter_context(deciding(loaded, control_id, AS_OF))

        yield lambda control_id, subject: of(control_id)(subject)


def told(project: Path, decided: Decided, language: Language, control_id: str, subject: str) -> list[str]:
    said = speaker(language)
    return [said(line).strip() for c in story(decided(control_id, subject), load_project(project), language) for line in c.lines]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_tells_the_story_and_nothing_else(language: Language, project: Path, decided: Decided) -> None:
    ended = called("--project", project, "--language", language, "explain", "COUNTED", "D-1", "--as-of", AS_OF.isoformat())
    assert (ended.code, ended.err) == (0, "")
    titles = [speaker(language)(c.title) for c in story(decided("COUNTED", "D-1"), load_project(project), language)]
    lines = [line.strip() for line in ended.out.splitlines()[1:] if line and line not in titles]
    assert lines == [line for line in told(project, decided, language, "COUNTED", "D-1") if line]


@pytest.mark.parametrize(("control_id", "subject", "verdict", "english", "chinese"), [
    ("COUNTED", "D-1", "fail: late",
     ["Asked: closed within 10 working days ($days) after received", "2026-01-06 – 2026-01-09: day 1–4", "2026-01-10 – 2026-01-11: days of rest",
      "$days is 10 working days: on 2026-01-05, on which it depends, the value that has always held holds (handbook page 3)",
      "It was done on 2026-01-23 10:00"],
     ["要求：自 received 起 10 个工作日（$days）之内须有 closed", "2026-01-10 – 2026-01-11：休息日"]),
    ("SUM", "D-1", "fail: open",
     ["10 on 2026-01-16 09:00 (payments.csv, record 1): 10 in all, of 90"], ["2026-01-16 09:00 付 10（payments.csv，第 1 条记录）：累计 10，应达 90"]),
    ("ORDER", "D-1", "fail: order",
     ["Asked: heard before closed", "Then: closed on 2026-01-23 10:00 (disputes.csv, record 1)",
      "First: heard on 2026-01-24 10:00 (events.csv, record 5), which is afterwards"],
     ["在先者：2026-01-24 10:00 的 heard（events.csv，第 5 条记录），在其之后"]),
    ("THERE", "D-1", "fail: late",
     ["Asked: cause, contract.line and heard must be there within 10 days, once received has happened", "It had to be so by 2026-01-15",
      "There: contract.line: motor", "There: heard on 2026-01-24 10:00 (events.csv, record 5): too late"],
     ["已有：2026-01-24 10:00 的 heard（events.csv，第 5 条记录）：逾期", "应不迟于 2026-01-15 达到要求"]),
    ("NEVER", "P-1", "fail: happened",
     ["organisation.announced: 2026-01-15 09:00 (the same for every subject; events.csv, record 6)",
      "The window is from 2026-01-15 09:00 to 2026-01-23 10:00", "paid on 2026-01-16 09:00 (payments.csv, record 1): inside the window"],
     ["时间窗口自 2026-01-15 09:00 至 2026-01-23 10:00", "2026-01-16 09:00 的 paid（payments.csv，第 1 条记录）：在窗口之内"]),
    ("OFTEN", "D-1", "fail: too seldom",
     ["Asked: called at least 2 and at most 2 times, within 10 working days ($days) after received", "1. called on 2026-01-07 09:00 (events.csv, record 1)",
      "2. called on 2026-01-20 09:00 (events.csv, record 2): it isn't counted", "That comes to 1; there must be at least 2",
      "called is recorded completely from 2025-01-01 on, and was taken as fresh, as no extracted_at is stated: what isn't there didn't happen"],
     ["第 2 次：2026-01-20 09:00 的 called（events.csv，第 2 条记录）：不计入", "合计为 1；至少应为 2"]),
    ("PAPERS", "D-1", "fail: missing",
     ["contract of 2026-01-06 08:00 (documents.csv, record 1): on file", "form of 2026-01-29 08:00 (documents.csv, record 2): on file, but too late",
      "photo: not on file", "It had to be so by 2026-01-19"],
     ["2026-01-29 08:00 的 form（documents.csv，第 2 条记录）：已归档，但逾期", "photo：未归档"]),
    ("SAYS", "D-1", "fail: incomplete",
     ["refusal of 2026-01-21 09:00 (notices.csv, record 1): it says everything", "refusal of 2026-01-22 09:00 (notices.csv, record 2): it doesn't say remedies"],
     ["2026-01-22 09:00 的 refusal（notices.csv，第 2 条记录）：未载明 remedies"]),
    ("SUMS", "D-1", "fail: differs",
     ["amount_agreed comes to 90", "contract.amount_limit comes to 100", "They differ by 10, and may differ by 5"], ["两者相差 10，允许相差 5"]),
    ("SUMS", "D-2", "unknown: missing", ["amount_agreed can't be worked out", "amount_agreed is empty (disputes.csv, record 2)"],
     ["amount_agreed 无法算出", "amount_agreed 为空（disputes.csv，第 2 条记录）"]),
    ("EACH", "D-1", "fail: late",
     ["Asked: called at least once every 10 days", "From 2026-01-07 to 2026-01-17: done on 2026-01-20: not done in time"],
     ["要求：至少每 10 日 有一次 called", "自 2026-01-07 至 2026-01-17：已于 2026-01-20 履行：未按期履行"]),
    ("MONTHLY", "D-2", "fail: late",
     ["Asked: called for each month, within 9 days after its end", "From 2026-01-01 to 2026-01-09: done on 2026-01-20: not done in time"],
     ["要求：每月均须有 called，在该期结束后 9 日 之内"]),
    ("PART", "D-1", "pending",
     ["Asked: at least 0.5 of disputes, for each customer_id, in each month by received: called", "It is counted from 2026-01-01 to 2026-01-31, by its received",
      "D-1: it counts", "D-2: it counts", "2 belong together; 2 count for sure, 2 at most"],
     ["D-1：计入", "共 2 个合并计算；其中确定计入 2 个，至多 2 个"]),
    ("SAMPLE", "D-1", "unknown: inconclusive",
     ["D-2: it doesn't count", "3 belong together; 2 count for sure, 2 at most",
      "If the share were 0.9 (min), so few would be drawn with a chance of 27.1 %, and so many with 97.2 %; up to 5 % is proof"],
     ["若比例为 0.9（min），抽到这样少的概率为 27.1 %，抽到这样多的概率为 97.2 %；不超过 5 % 即为证明"]),
    ("ANY", "D-1", "fail: late",
     ["Asked: one of events.called with direction = 'in', within 10 days after received", "a record of 2026-01-07 09:00 (events.csv, record 1): it isn't counted",
      "a record of 2026-01-20 09:00 (events.csv, record 2): it counts"],
     ["要求：自 received 起 10 日 之内须有一条 符合 direction = 'in' 的 events.called"]),
    ("MET", "D-2", "fail: missing",
     ["Asked: one of assignments.mediator whose staff_id is the subject's handler_id", "There is none"],
     ["要求：须有一条 assignments.mediator，其 staff_id 与对象的 handler_id 相同"]),
    ("HOLDS", "D-2", "not_applicable: not concerned", ["The control is for channel <> 'letter': it doesn't hold"], ["规则适用的条件是 channel <> 'letter'：不成立"]),
    ("WORDS", "D-2", "fail: outside", ["Asked: cause must be delay or amount", "'gossip' (disputes.csv, record 2) isn't one of them"],
     ["'gossip'（disputes.csv，第 2 条记录）不在其中"]),
    ("BEATS", "D-1", "fail: gap",
     ["From 2026-01-05 to called on 2026-01-07 09:00 (events.csv, record 1): 2 days, not too long: it had to come by 2026-01-15",
      "From 2026-01-07 to called on 2026-01-20 09:00 (events.csv, record 2): 13 days, too long: it had to come by 2026-01-17"],
     ["自 2026-01-07 至 2026-01-20 09:00 的 called（events.csv，第 2 条记录）：13 天，间隔过长；最迟应在 2026-01-17"]),
    ("FEW", "D-2", "unknown: missing",
     ["2 subjects have customer_id = K-1, and are counted together", "a record of 2026-01-07 09:00 (events.csv, record 1): it counts",
      "a record of 2026-01-20 09:00 (events.csv, record 2): it isn't counted", "a record of 2026-01-20 10:00 (events.csv, record 4): it may count",
      "That comes to between 2 and 3, as not all is known; there may be at most 2"],
     ["共有 2 个对象的 customer_id = K-1，合并计算", "合计为 2 至 3 之间（并非全部已知）；至多可为 2"]),
    ("NEUTRAL", "D-1", "fail: interested",
     ["Asked: at least 1 in the role mediator (assignments), and nobody in it who is handler_id", "E-1, who is handler_id (assignments.csv, record 1)",
      "1 acted in the role mediator; there must be at least 1"],
     ["E-1，其是 handler_id（assignments.csv，第 1 条记录）", "共有 1 人担任 mediator；至少应有 1 人"]),
    ("POST", "organisation", "fail: gap",
     ["the days from post_opened to post_closed: in force from 2026-01-03 to 2026-01-10", "Nothing was in force from 2026-01-02 to 2026-01-02: 1 days",
      "Nothing was in force from 2026-01-11 to 2026-01-31: 21 days"],
     ["自 post_opened 至 post_closed 的各日：自 2026-01-03 至 2026-01-10 有效", "自 2026-01-11 至 2026-01-31 无任何一项有效：共 21 天"]),
    ("TAUGHT", "E-1", "fail: gap", ["training.law: in force from 2026-01-11 to 2026-01-20"], ["training.law：自 2026-01-11 至 2026-01-20 有效"]),
    ("LINED", "D-1", "pass", ["The control is for the lines motor; this one is motor"], ["该规则适用于险种 motor；本对象为 motor"]),
    ("LINED", "D-2", "not_applicable: not concerned", ["The control is for the lines motor; this one is life"], ["该规则适用于险种 motor；本对象为 life"]),
    ("LINED", "D-3", "unknown: condition", ["The control is for the lines motor; this one is unknown"], ["该规则适用于险种 motor；本对象为 无法判断"]),
])  # fmt: skip
def test_each_kind_is_told_with_its_whole_count(
    control_id: str, subject: str, verdict: str, english: list[str], chinese: list[str], project: Path, decided: Decided
) -> None:
    lines = told(project, decided, "en", control_id, subject)
    assert [line for line in english if line not in lines] == [], "\n".join(lines)
    assert f"By the query: {verdict}; by the walk: {verdict}" in lines
    lines = told(project, decided, "zh", control_id, subject)
    assert [line for line in chinese if line not in lines] == [], "\n".join(lines)
    assert any(line.startswith("查询得出：") for line in lines)


def test_a_phase_and_a_conflict_that_come_first_are_told(project: Path, decided: Decided) -> None:
    phased = told(project, decided, "en", "PHASED", "D-2")
    assert "The organisation's phase run_off: from 2025-01-01, until 2026-01-05" in phased
    assert "The control is for the phases run_off; on 2026-01-06 the organisation was in none" in phased
    assert "Decided by the query alone: the phase of the organisation or a conflict of duties came first" in phased
    contrary = told(project, decided, "en", "CONTRARY", "D-1")
    assert "It contradicts HOLDS: words-or-order" in contrary
    assert "Nobody has decided which duty yields: [opinions.words-or-order] records counsel's opinion" in contrary


def test_a_group_is_told_with_each_of_its_periods_and_its_worst_comes_first(project: Path) -> None:
    ended = called("--project", project, "--language", "en", "explain", "PART", "K-1", "--as-of", "2026-02-28")
    lines = [line.strip() for line in ended.out.splitlines()]
    assert "2026-01-01: pass (2/2)" in lines, ended.out
    ended = called("--project", project, "--language", "en", "explain", "MONTHLY", "D-2", "--as-of", "2026-03-31")
    lines = [line.strip() for line in ended.out.splitlines()]
    assert [line for line in lines if line.startswith("2025-") or "/2026-" in line][-1].startswith("2026-03-01: fail: open"), ended.out


def test_both_ways_agree_on_every_subject_of_every_kind(decided: Decided) -> None:
    subjects = {"NEVER": ("P-1", "P-2"), "POST": ("organisation",), "TAUGHT": ("E-1",)}
    for name in (n for n in RULES if n not in ("PHASED", "HOLDS")):
        for subject in subjects.get(name, ("D-1", "D-2", "D-3")):
            found = decided(name, subject)
            assert (found.disagree, found.walked is not None) == (False, True), (name, subject)
