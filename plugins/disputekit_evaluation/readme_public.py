"""The README of the public variant: for a reader who knows nothing of disputekit; it opens with what was not checked, and counts nobody in particular."""

from collections.abc import Callable

from disputekit import Manifest
from disputekit_evaluation.aggregates import TOTAL, Aggregates
from disputekit_evaluation.package import Package
from disputekit_evaluation.readme import COMMANDS, HOLDS

TEMPLATE = """\
# Evaluation, public variant · 评估结果（公开版）: {organisation}, {as_of}

## What was not checked · 未检查的内容

{gaps}

## What this is

What an assessment of the claims disputes of {organisation} as of {as_of} came to, in numbers: every dispute was held against rules of law and practice. There is
no row about a dispute, a customer or a member of staff in it, no SQL and no file of the insurer. Handed out for: {purpose}. Legal basis: {legal_basis}.

It can't be run again: that takes the register. Who may see that, an assessor, gets another package, which can.

## Where things are

| path | what |
|---|---|
| `data/tables/disputes` | how many disputes there are, by {by} |
| `data/tables/controls` | the rules, and how many subjects each was held against |
| `data/tables/outcomes` | what each rule came to{broken} |
| `data/tables/tables.xlsx` | the three of them as a workbook |
| `data/datapackage.json` | what each column means (Frictionless) |
| `data/package.json` | who made it, of which assessment, and what was done to the numbers |

Each table is there as Parquet and as CSV. `_T`: all together. `_O`: others, which are too few to be named or aren't named. `_U`: none is given. Outcomes: `fail`
is a breach, `unknown` couldn't be decided, `other` is neither and made of `pass`, `pending` (not yet due) and `not_applicable`.

## What was done so that nobody can be found

- Disputes are counted by {by} only. A value with fewer than {group} disputes isn't named but counted among the others ({merged}).{dropped}
- A count between 0 and {k} of disputes by more than one column, and one between 0 and {smallest} elsewhere, is suppressed: it is empty, and its status says so.
- Other counts are suppressed as well, so that those can't be worked out from the totals, nor from tables that share a column: whoever solves all the sums finds
  bounds for a suppressed count that are {width} or more apart. {suppressed} of {counts} counts are suppressed. Which of them are small isn't told.
- A count of breaches, or of what is unknown, that is the whole of its group is suppressed, too, unless it is so of all groups: it would say something of everybody in it.
- What this doesn't keep from anybody: what was published at another time or by others, and what a count of 0 says of everybody in the group.

## Verify it without any of our software

Get the file `allowed_signers` (who may sign, with which key) from the insurer by another way, and put it beside this folder. Then, in this folder, with OpenSSH 8.2 or
newer and coreutils:

```sh
{commands}```

The last line that is shown must be `{holds}`. With `disputekit`: `disputekit verify . --signers ../allowed_signers`.

---

# 中文说明

## 这是什么

{organisation} 截至 {as_of} 的理赔争议合规评估结果，仅含统计数字：每件争议均已对照法律和行业惯例的规则。包内没有任何一件争议、任何客户或员工的记录，没有 SQL，也没有保险机构的文件。
用途：{purpose}；法律依据：{legal_basis}。**开头一节列出未检查的内容，请先阅读。**

本公开版不能重跑：重跑需要登记簿。有权查看登记簿的评估机构会收到另一个可以重跑的评估包。

## 内容

`data/tables/` 下三张表（Parquet 和 CSV，另有工作簿 `tables.xlsx`）：`disputes` 为争议数（按 {by} 分组）；`controls` 为规则及其所查对象数；`outcomes` 为每条规则的结论。
`_T` 为合计；`_O` 为其他（过少或未列名者）；`_U` 为未填。结论：`fail` 违规，`unknown` 无法判断，`other` 二者皆非，
由 `pass`（合规）、`pending`（未到期）、`not_applicable`（不适用）组成。

## 为防止识别个人所做的处理

- 争议只按 {by} 计数。不足 {group} 件的取值不列名，并入其他。{dropped_zh}
- 按多列分组的争议数大于 0 且小于 {k} 的，其他大于 0 且小于 {smallest} 的计数，均予隐去：数字留空，状态为 suppressed。
- 另隐去若干计数，使前者既不能由合计推出，也不能由共用同一列的其他表推出：对全部等式求解，任一被隐去计数的上下界仍至少相差 {width}。共隐去 {counts} 个计数中的 {suppressed} 个；
  不说明其中哪些是小计数。
- 违规或无法判断的计数等于全组的，也予隐去（各组均如此的除外），否则即可得知组内每一件的情况。
- 不能防止的：与其他时间或其他来源公布的数字对比；计数为 0 时由此得知组内每一件的情况。

## 验证

请通过本包以外的途径向保险机构索取 `allowed_signers`，放在本文件夹旁边，然后在本文件夹中运行上文的命令（需 OpenSSH 8.2 及以上和 coreutils），最后显示的一行应为“{holds}”。
"""


def readme_public(package: Package, manifest: Manifest, found: Aggregates, clean: Callable[[str], str]) -> str:
    """Its text. clean: leaves no name, number or identifier in what packs say."""
    s, p = package.suppression, package.profile
    assert s is not None
    by = ", ".join(f"`{b}`" for b in s.by) or "nothing · 不分组"
    broken = f", by `{s.by[0]}`" if any(value != TOTAL for _, value, _ in found.outcomes) else ""
    dropped = ", ".join(f"`{b}`" for b in s.dropped)
    return TEMPLATE.format(
        organisation=package.organisation, as_of=package.as_of, purpose=p.purpose, legal_basis=p.legal_basis, gaps=_gaps(manifest, found, clean), by=by,
        broken=broken, group=p.publish.group, merged=", ".join(f"{n} of `{b}`" for b, n in s.merged.items()) or "none", k=max(s.k, s.smallest),
        smallest=s.smallest, width=s.width, counts=s.counts, suppressed=s.suppressed, commands=COMMANDS, holds=HOLDS,
        dropped=f" By {dropped} nothing is counted: there are too few." if dropped else "", dropped_zh=f"因数量过少，不按 {dropped} 计数。" if dropped else "",
    )  # fmt: skip


def _gaps(manifest: Manifest, found: Aggregates, clean: Callable[[str], str]) -> str:
    """What nobody looked at, or couldn't be decided: without a number that is suppressed in the tables, and without the words of an error."""
    lines = [f"- {clean(c.id)}: not evaluated · 未能评估" for c in manifest.controls if c.error is not None]
    lines += [f"- {clean(c.id)}: not supplied · 未提供: {clean(', '.join(c.absent))}" for c in manifest.controls if c.absent]
    lines += [f"- {clean(u.id)}: {u.status} · 未检查" for u in manifest.unchecked]
    # a suppressed number reads the same whether it is 0 or not
    undecided = {c.id: found.outcomes[c.id, TOTAL, "unknown"] for c in manifest.controls if not c.absent and c.error is None}
    lines += [f"- {clean(c)}: how many are undecided isn't published · 无法判断的件数不予公布" if n is None else
              f"- {clean(c)}: {n:,} undecided · 无法判断 {n:,} 件" for c, n in undecided.items() if n != 0]  # fmt: skip
    lines += [
        f"- {clean(c.id)}: some are left out by its condition · 部分按条件排除" for c in manifest.controls if c.where is not None and c.excluded
    ]
    lines += [
        f"- {t.table}: some rows or cells couldn't be read · 部分行或单元格无法读取" for t in manifest.tables if t.rows_rejected or t.cells_rejected
    ]
    lines += [f"- {clean(c.what)}: not covered · 未覆盖" for c in manifest.coverage if c.from_on is None]
    lines += [f"- {clean(p.id)}: set by the organisation · 机构自定: {clean(', '.join(p.overridden))}" for p in manifest.packs if p.overridden]
    lines += [f"- {clean(c)}: breaches of it are excused by waivers · 有豁免" for c in sorted({w.control for w in manifest.waivers})]
    lines += [f"- {clean(c.id)}: duties in conflict, undecided · 义务冲突，未定" for c in manifest.conflicts if c.yields is None]
    lines += [f"- {clean(name)}: an error · 出错" for name in sorted({e.plugin for e in manifest.errors})]
    lines.append("- That the register itself is complete and true: no program can see that. · 登记簿本身是否完整、真实：任何程序都无法判断。")
    return "\n".join(lines)
