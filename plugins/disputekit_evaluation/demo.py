"""The plugin's part of the demo: totals that others keep, one of them unlike ours, a ledger whose numbers have a hole, and a profile for an assessor."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from disputekit import DemoPart, Planted
from disputekit_evaluation.completeness import OWNERS

MONTHS = ("2026-03", "2026-04", "2026-05")
"""Due by the demo's day, 30 June 2026: from the month of the dissolution on."""
DIFFERS, EXPLAINED, ABSENT = ("regulator", "2026-05"), ("hotline", "2026-04"), ("court", "2026-05")
TOML = """
# ── 完整性 · Completeness ──────────────────────────────────────────────────────────────────────────────────
# 理赔部门之外保存的总数；案件编号应连续 · totals that the claims department doesn't own; the ledger's numbers have no gaps
[plugins.evaluation.completeness]
since = 2026-03-01
numbered.disputes = { "D25-" = 1 }

[register.reconciliations]
path = "data/reconciliations.csv"
extracted_at = 2026-07-01T06:00:00
"""
PROFILE = """\
# 评估包交给谁、为何、到何时、各列如何处理 · To whom an evaluation package goes, why, until when, and what is done to each column
#   ssh-keygen -t ed25519 -f evaluation_key
#   disputekit export assessments/2026-06-30 package --profile assessor.toml --key evaluation_key --dry-run
recipient = "示例评估事务所 Example Assessors LLP"
purpose = "2026 年度第三方评估 · third-party evaluation 2026"
legal_basis = "《个人信息保护法》第二十一条 · PIPL art. 21"
expires_on = 2099-12-31
confidentiality = "机密 · confidential"
without = ["EVAL-GAPS-disputes"]   # 断号检查看的是编号本身 · it looks into the numbers, and pseudonyms stand for these

[columns]
"events.note" = "mask"             # 演练记录以其注明预案 · drills name their plan in it
"""
COMMANDS = ("export {assessment} {folder}/package --profile {folder}/assessor.toml --key ~/.ssh/id_ed25519 --dry-run",)


def rows(seed: int, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> DemoPart:  # noqa: ARG001 — the totals follow from the tables alone
    """Every source agrees for every month, but for one difference that is explained, one that isn't, and one month without a total."""
    lines, planted = ["source,period,theirs,ours,explained,explained_by"], []
    for source in OWNERS:
        for month in MONTHS:
            if (source, month) == ABSENT:
                planted.append(Planted(f"EVAL-PERIODS-{source}", "organisation", "fail", "missing"))
                continue
            ours = sum(1 for row in tables["disputes"] if str(row["received_at"]).startswith(month) and _by(source, row))
            theirs, why = ours, ","
            if (source, month) == EXPLAINED:
                theirs, why = ours + 2, "两通来电重复登记,刘敏"
            elif (source, month) == DIFFERS:
                theirs = ours + 1
                planted.append(Planted("EVAL-RECONCILED", f"data/reconciliations.csv:{len(lines)}", "fail", "differs"))
            lines.append(f"{source},{month},{Decimal(theirs):.2f},{Decimal(ours):.2f},{why}")
    planted += [Planted("EVAL-GAPS-disputes", after, "fail", "gap") for after in _after_gaps(str(row["dispute_id"]) for row in tables["disputes"])]
    files = {"data/reconciliations.csv": ("\n".join(lines) + "\n").encode(), "assessor.toml": PROFILE.encode()}
    return DemoPart(files=files, toml=TOML, planted=tuple(sorted(planted)), commands=COMMANDS)


def _by(source: str, row: Mapping[str, Any]) -> bool:
    """Whether a dispute came to the insurer by way of a source; what finance counts is every one."""
    return source == "finance" or row["channel"] == source


def _after_gaps(ids: Iterable[str]) -> list[str]:
    """The numbers whose predecessor isn't there."""
    known = sorted(ids)
    numbers = {name: (name[: -len(digits)], int(digits)) for name in known if (digits := name[len(name.rstrip("0123456789")) :])}
    there = set(numbers.values())
    firsts = {prefix: min(n for p, n in there if p == prefix) for prefix, _ in there} | {"D25-": 1}
    return [name for name, (prefix, n) in numbers.items() if n > firsts[prefix] and (prefix, n - 1) not in there]
