"""The README of a package: for an assessor who has never heard of disputekit; it opens with what was not checked."""

from disputekit import Manifest
from disputekit_evaluation.package import NAMESPACE, SIGNATURE, TAGMANIFEST, Package

HOLDS = "Everything holds · 全部成立"
COMMANDS = f"""\
sha256sum --quiet -c {TAGMANIFEST} &&
sha256sum --quiet -c manifest-sha256.txt &&
{{ cut -c67- manifest-sha256.txt {TAGMANIFEST}; printf '%s\\n' {TAGMANIFEST} {SIGNATURE}; }} | LC_ALL=C sort > /tmp/listed &&
find . -type f | cut -c3- | LC_ALL=C sort | diff /tmp/listed - &&
test -z "$(find . ! -type f ! -type d)" &&
ssh-keygen -Y verify -f ../allowed_signers -I "$(ssh-keygen -Y find-principals -s {SIGNATURE} -f ../allowed_signers | head -n 1)" -n {NAMESPACE} -s {SIGNATURE} < {TAGMANIFEST} &&
echo "{HOLDS}"
"""
"""What is run in the package's folder to verify it without disputekit; a test runs these lines. Where one fails the last one isn't reached."""

TEMPLATE = """\
# Evaluation package · 评估包: {organisation}, {as_of}

## What was not checked · 未检查的内容

{gaps}

## What this is

The assessment of the claims disputes of {organisation} as of {as_of}: every dispute held against rules of law and practice. All of it is plain files. You need
not trust the program that wrote them: the rules, the data they were applied to and the SQL in between are all here.

Handed to **{recipient}**, for: {purpose}. Legal basis: {legal_basis}. Until {expires_on}; then delete it. Confidentiality: {confidentiality}.
The data is pseudonymised, which is still personal information.

## Verify it without any of our software

Get the file `allowed_signers` (who may sign, with which key) from the insurer by another way than this package, and put it beside this folder. Then, in this
folder, with OpenSSH 8.2 or newer and coreutils:

```sh
{commands}```

The last line that is shown must be `{holds}`. They show that no file was changed, removed, added or linked, and who signed. They don't show that the insurer's
register is complete or true: that takes control totals, interviews and samples.

With `disputekit`: `disputekit verify . --signers ../allowed_signers --rerun` also compares counts and ranges with `data/package.json`, and runs the SQL again.

## Run it again

With DuckDB {duckdb}, in `data/assessment`: `queries/00_register.sql`, `queries/02_calendar.sql`, each `queries/01_facts_*.sql`; then the SQL of a control,
`queries/<id>.sql`: its last SELECT gives `findings/<id>.parquet`.

## Where things are

| path | what |
|---|---|
| `data/package.json` | what is in here: rows and ranges of each table, what was done to each column, sources with their SHA-256, hashes of the packs |
| `data/datapackage.json` | the data dictionary (Frictionless) |
| `data/assessment/report.html`, `report.xlsx` | the report, to read |
| `data/assessment/assessment.json` | every control with its tallies, parameters, versions |
| `data/assessment/findings/`, `data/tables/findings/` | the findings, as Parquet and as CSV |
| `data/tables/` | tallies, risk points, what set plans off |
| `data/assessment/register/` | the pseudonymised register, of what the controls read |
| `data/assessment/queries/` | the SQL of each step |
| `data/assessment/calendar.parquet` | the working days |
| `data/oscal/` | the assessment as OSCAL assessment results, for tools |
| `data/packs/` | the rules, with their articles |
| `data/parts/` | what else the insurer's plugins hand over: training gaps, the history of activated plans … |

A pseudonym (`p` and twenty digits) stands for the same identifier everywhere in this package, and for another one in other recipients' packages. `…` stands
where there is a text that isn't handed over. Of dates of birth the year is left.{redacted}

Who is who stands in a list that the insurer keeps, each case sealed by itself; its SHA-256 is `sealed_sha256` in `data/package.json`. Write down the hash of
`tagmanifest-sha256.txt`, then name a seed and draw: `disputekit sample draw . --seed SEED --out review.xlsx`.
The insurer opens the list for the cases that were drawn, and for no other.

---

# 中文说明

## 这是什么

{organisation} 截至 {as_of} 的理赔争议合规评估：逐案对照法律和行业惯例的规则。全部为普通文件。您不必信任生成它的程序：规则、数据以及两者之间的 SQL 都在此包内。
**开头一节列出未检查的内容，请先阅读。**

接收方：**{recipient}**；目的：{purpose}；法律依据：{legal_basis}；使用期限至 {expires_on}，到期请删除；保密级别：{confidentiality}。
数据已作假名化处理，但仍属个人信息。

## 不用本软件即可验证

请通过本包以外的途径向保险机构索取 `allowed_signers`（允许的签名人及其公钥），放在本文件夹旁边，然后在本文件夹中运行上文的命令（需 OpenSSH 8.2 及以上和 coreutils）。
最后显示的一行应为“{holds}”：证明没有文件被改动、删除、添加或替换为链接，并证明由谁签名。这些命令不能证明登记簿完整、真实，后者须靠对账、访谈和抽样。

如有 `disputekit`：`disputekit verify . --signers ../allowed_signers --rerun` 还会核对行数和日期范围，并重跑全部 SQL。

## 重跑

用 DuckDB {duckdb}，在 `data/assessment` 中依次运行 `queries/00_register.sql`、`queries/02_calendar.sql`、各 `queries/01_facts_*.sql`，
然后运行某条规则的 `queries/<编号>.sql`，其最后的 SELECT 即 `findings/<编号>.parquet`。

## 假名

`p` 加二十位字符的假名在本包内始终代表同一标识，在其他接收方的包内则不同。`…` 表示此处有文字但未提供。出生日期只保留年份。

## 抽样

身份对照表由保险机构保管，逐案密封；其 SHA-256 即 `data/package.json` 中的 `sealed_sha256`。请先记下 `tagmanifest-sha256.txt` 的哈希，再给出种子并抽样：
`disputekit sample draw . --seed 种子 --out review.xlsx`。保险机构仅对抽中的案件开启对照表。
"""


MASKED = "In these files below `data/` something that identifies people is masked, so that a hash that stands in them may be of what was there before"


def readme(package: Package, manifest: Manifest) -> str:
    """Its text."""
    p = package.profile
    redacted = f"\n\n{MASKED}: {', '.join(package.redacted)}." if package.redacted else ""
    return TEMPLATE.format(organisation=package.organisation, as_of=package.as_of, recipient=p.recipient, purpose=p.purpose, legal_basis=p.legal_basis,
                           expires_on=p.expires_on, confidentiality=p.confidentiality, commands=COMMANDS, holds=HOLDS, duckdb=package.versions["duckdb"],
                           gaps=_gaps(package, manifest), redacted=redacted)  # fmt: skip


def _gaps(package: Package, manifest: Manifest) -> str:
    """Everything that nobody looked at, or that couldn't be decided."""
    lines = [f"- {c.id}: not evaluated · 未能评估 ({c.error})" for c in manifest.controls if c.error is not None]
    lines += [f"- {c.id}: not supplied · 未提供: {', '.join(c.absent)}" for c in manifest.controls if c.absent]
    lines += [f"- {u.id}: {u.status} · 未检查" for u in manifest.unchecked]
    undecided = {c.id: c.count("unknown") for c in manifest.controls if c.count("unknown") and not c.absent and c.error is None}
    lines += [f"- {control}: {n:,} undecided · 无法判断 {n:,} 件" for control, n in undecided.items()]
    excluded = {c.id: c.excluded for c in manifest.controls if c.where is not None and c.excluded}
    lines += [f"- {control}: {n:,} left out by its condition · 按条件排除 {n:,} 件" for control, n in excluded.items()]
    lines += [f"- {t.table}: {t.rows_rejected:,} rows couldn't be read · 无法读取 {t.rows_rejected:,} 行" for t in manifest.tables if t.rows_rejected]
    lines += [f"- {t.table}: {sum(t.cells_rejected.values()):,} cells couldn't be read · 无法读取 {sum(t.cells_rejected.values()):,} 个单元格"
              for t in manifest.tables if t.cells_rejected]  # fmt: skip
    lines += [f"- {c.what}: not covered · 未覆盖" for c in manifest.coverage if c.from_on is None]
    lines += [f"- {p.id}: set by the organisation · 机构自定: {', '.join(p.overridden)}" for p in manifest.packs if p.overridden]
    lines += [f"- {w.control}: waiver · 豁免 {w.id} ({w.state})" for w in manifest.waivers]
    lines += [f"- {c.id}: duties in conflict, undecided · 义务冲突，未定" for c in manifest.conflicts if c.yields is None]
    lines += [f"- {e.plugin}, {e.where}: {e.what}" for e in manifest.errors]
    lines += [f"- {p.plugin}, {p.name}: couldn't be handed over · 未能提供: {p.error}" for p in package.parts if p.error is not None]
    lines.append("- That the register itself is complete and true: no program can see that. · 登记簿本身是否完整、真实：任何程序都无法判断。")
    return "\n".join(lines)
