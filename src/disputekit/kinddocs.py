"""The reference page of the rule kinds, from their models: python -m disputekit.kinddocs > docs/reference/rule-kinds.md"""

import inspect
import sys
from collections.abc import Iterable
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from disputekit.core import Core
from disputekit.extension import RuleKind
from disputekit.policies.model import PERIOD, Rule

HEAD = """\
# Rule kinds · 规则种类

Made from the kinds themselves by `python -m disputekit.kinddocs`; a test holds page and code together.
本页由程序从规则种类本身生成，并有测试保证页面与代码一致。

A control of a pack names its kind and fills in the kind's fields. A *moment* is a milestone of the subject (`received`: the column
`received_at` or `received_on`, else the first event with that activity) or a record's moment (`notices.decision.sent`). A *period* is
written `15 days`, `5 working days`, `24 hours`, `2 weeks`, `1 month`, `1 year`, or names a parameter (`$decide_simple`).
规则以 `kind` 指明种类，再填写该种类的字段。“时点”（moment）是主体的里程碑（如 `received`：取 `received_at` 或 `received_on` 列，没有该列时取
首个同名事件），或某类记录的时点（如 `notices.decision.sent`）。“期间”（period）写作 `15 days`、`5 working days` 等，也可引用参数（`$decide_simple`）。

"""
SAID = {
    "deadline": "期限：某事须在规定期间内跟进",
    "sequence": "次序：先有甲，后有乙",
    "required": "必备：字段或时点不得缺失",
    "forbidden": "禁止：在某一时段内不得发生",
    "documents": "材料：须齐全、经核验、按期到位；通知须载明必备内容",
    "occurrences": "次数：不得过多或过少",
    "condition": "条件：每一行须符合所述条件",
    "vocabulary": "词表：取值须在词表之内",
    "amount": "金额：两个金额须一致",
    "heartbeat": "间隔：进行期间相邻两次之间不得间隔过长",
    "limit": "限度：数量或金额不得越界",
    "independence": "独立性：承担某一角色的人不得有利害关系",
    "in_place": "持续有效：某项安排须在整个期间内每天有效",
    "cadence": "周期：定期义务须在每一周期内（滚动或按日历）履行",
    "share": "比例：总体或其每一组在每一周期内符合条件的比例不得越界；抽样时按置信界限判断",
    "exists": "对应记录：每一主体须有一条符合条件的对应记录",
}
"""Each kind in one Chinese line."""
WORDS = {str: "a text 文本", int: "a number 数", Decimal: "a number 数", bool: "`true`, `false`"}


def page(kinds: Iterable[RuleKind]) -> str:
    """The whole page as Markdown."""
    parts = [HEAD, "## Fields of every control · 各种类共有的字段\n\n", _doc(Rule), _table(Rule, ())]
    for kind in kinds:
        parts += [f"\n## `{kind.name}` · {SAID[kind.name]}\n\n", _doc(kind.fields), _table(kind.fields, Rule.model_fields)]
    return "".join(parts)


def _doc(model: type[Rule]) -> str:
    return inspect.cleandoc(model.__doc__ or "") + "\n\n"


def _table(model: type[Rule], without: Iterable[str]) -> str:
    rows = ["| field 字段 | takes 取值 | default 默认 |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        if name in without:
            continue
        default = "required 必填" if field.is_required() else "—" if field.default in (None, ()) else f"`{field.default}`"
        rows.append(f"| `{field.alias or name}` | {_of(field)} | {default} |")
    return "\n".join(rows) + "\n"


def _of(field: FieldInfo) -> str:
    return "a period 期间" if PERIOD in field.metadata else _type(field.annotation)


def _type(annotation: Any) -> str:
    """A type as a pack's author thinks of it."""
    origin, inside = get_origin(annotation), [a for a in get_args(annotation) if a not in (NoneType, Ellipsis)]
    if origin is Annotated:
        return "a period 期间" if PERIOD in get_args(annotation) else _type(inside[0])
    if origin is Literal:
        return ", ".join(f"`{a}`" for a in inside)
    if origin in (Union, UnionType):
        return " or 或 ".join(dict.fromkeys(_type(a) for a in inside))
    if origin in (tuple, list):
        return f"a list 列表: {_type(inside[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "`{ " + ", ".join(f.alias or n for n, f in annotation.model_fields.items()) + " }`"
    return WORDS.get(annotation, f"`{annotation.__name__}`")


if __name__ == "__main__":
    sys.stdout.write(page(Core().register_rule_kinds()))
