"""What somebody can do about a decision that couldn't be made, by its reason."""

from collections.abc import Mapping
from types import MappingProxyType

from disputekit.text import Text

BY_HANDLER: Mapping[str, Text] = MappingProxyType({
    "missing": Text(zh="在登记簿中补填缺失的内容，并附上依据", en="Fill in what is missing in the register, with its proof"),
    "condition": Text(zh="补填该规则的条件所读取的空白字段", en="Fill in the empty fields that the control's condition reads"),
    "contradictory": Text(zh="核对原始记录，更正相互矛盾的日期或内容", en="Look at the original record and put right which of the facts is wrong"),
    "too coarse": Text(zh="补记到时刻：仅有日期不足以判断", en="Record the time of day: the date alone doesn't decide it"),
    "rejected value": Text(zh="更正无法读取的值（见 rejects.parquet）", en="Correct the value that can't be read (see rejects.parquet)"),
})  # fmt: skip
"""Reasons that lie in the subject's own record."""

BY_OTHERS: Mapping[str, Text] = MappingProxyType({
    "not supplied": Text(zh="提供所缺的表或列，再重新检查", en="Supply the table or column, and check again"),
    "not covered": Text(zh="说明该类记录自何时起完整（[register.coverage]），或补充来源", en="Declare since when they are complete ([register.coverage]), or add the source"),
    "stale": Text(zh="重新导出数据，再重新检查", en="Export the data again, and check again"),
    "no calendar": Text(zh="补充当年的工作日历", en="Add the working days of that year to the calendar"),
    "conflict": Text(zh="就规则冲突取得律师意见，并写入 [opinions]", en="Have counsel decide the conflict, and record it in [opinions]"),
    "no value": Text(zh="在规则包中补充该日适用的参数值", en="Give the parameter a value for that day in the pack"),
    "small sample": Text(zh="样本过少：扩大样本或合并期间，再重新检查", en="Too few were looked at: draw more, or take a longer period, and check again"),
    "inconclusive": Text(zh="样本不足以得出结论：扩大样本，再重新检查", en="The sample proves neither: draw more, and check again"),
    "not judged": Text(zh="请该检查的编写者说明为何未作判断", en="Have whoever wrote the check say why it judged nothing there"),
    "error": Text(zh="排除该规则的错误（见评估的 errors）", en="Mend the control's error (see the assessment's errors)"),
})  # fmt: skip
"""Reasons that whoever keeps the register or the packs must deal with."""
ANY_OTHER = Text(zh="由合规部门查明原因", en="Have the compliance department find out why")
