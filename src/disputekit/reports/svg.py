"""Charts as plain SVG: bars and lines that take the width that there is, with text that keeps its size, whatever the screen or paper.

Each has a title and a description for who hears it, and fills that differ in pattern as well as in colour, so that they can be told apart in
black and white. The numbers stand beside it as a table; that is the business of the page.
"""

from collections.abc import Callable, Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from disputekit.sections import Chart, Series, Tone, Value
from disputekit.text import Said, width

ROW = 44
"""The height of a bar with its label above it, in pixels."""
_BAR, _LABEL, _HEIGHT = 16, 14, 220
_WIDEST = 46
"""How long a label may be, in Latin letters; the table has all of it."""
_ROOM = 82
"""How much of the width the longest bar takes, in percent: the number stands beside it."""
FILLS: dict[Tone, str] = {"bad": "bad", "late": "late", "unknown": "unknown", "soon": "soon", "good": "good", "plain": "plain"}
"""The pattern of each tone, by the end of its name."""

Shown = Callable[[Value], str]


def drawn(chart: Chart, name: str, said: Said, shown: Shown) -> str:
    """The SVG of a chart. name: unlike that of any other chart of the page. shown: a value as text."""
    height = _HEIGHT + 40 if chart.form == "line" else len(chart.labels) * _row(chart) + 4
    svg = Element("svg", {"width": "100%", "height": str(height), "role": "img", "aria-labelledby": f"{name}-t {name}-d", "class": "chart"})
    SubElement(svg, "title", {"id": f"{name}-t"}).text = said(chart.title)
    SubElement(svg, "desc", {"id": f"{name}-d"}).text = _described(chart, said, shown)
    if chart.form == "line":
        _lines(svg, chart, shown)
    else:
        _bars(svg, chart, shown)
    return tostring(svg, encoding="unicode")


def _row(chart: Chart) -> int:
    return ROW if chart.form == "stacked" or len(chart.series) == 1 else _LABEL + 10 + len(chart.series) * (_BAR + 4)


def _described(chart: Chart, said: Said, shown: Shown) -> str:
    """What is in it, in words: the largest of each series."""
    parts = [said(chart.note)] if chart.note is not None else []
    for one in chart.series:
        known = [(v, label) for v, label in zip(one.values, chart.labels, strict=True) if v is not None]
        if known:
            value, label = max(known, key=lambda pair: pair[0])
            parts.append(f"{said(one.title)}: ≤ {shown(value)} ({shown(label)})")
    return "; ".join(parts)


def _bars(svg: Element, chart: Chart, shown: Shown) -> None:
    stacked = chart.form == "stacked"
    sums = [sum(_number(s, n) for s in chart.series) if stacked else max(_number(s, n) for s in chart.series) for n in range(len(chart.labels))]
    longest = max(sums, default=0)
    for n, label in enumerate(chart.labels):
        top = n * _row(chart)
        SubElement(svg, "text", {"x": "0", "y": str(top + _LABEL), "class": "label"}).text = _cut(shown(label))
        if stacked:
            at = 0.0
            for one in chart.series:
                wide = _part(_number(one, n), longest)
                if wide:
                    _bar(svg, at, top + _LABEL + 6, wide, one.tone)
                    at += wide
            _value(svg, at, top + _LABEL + 6, shown(sums[n]))
        else:
            for place, one in enumerate(chart.series):
                y, wide = top + _LABEL + 6 + place * (_BAR + 4), _part(_number(one, n), longest)
                _bar(svg, 0, y, wide, one.tone)
                _value(svg, wide, y, shown(one.values[n]))


def _number(series: Series, n: int) -> float:
    value = series.values[n]
    return float(value) if value is not None else 0.0


def _part(value: float, longest: float) -> float:
    return round(_ROOM * value / longest, 3) if longest > 0 else 0.0


def _bar(svg: Element, x: float, y: float, wide: float, tone: Tone) -> None:
    SubElement(svg, "rect", {"x": f"{x}%", "y": str(y), "width": f"{wide}%", "height": str(_BAR), "class": f"fill-{FILLS[tone]}",
                             "fill": f"url(#p-{FILLS[tone]})"})  # fmt: skip


def _value(svg: Element, x: float, y: float, text: str) -> None:
    SubElement(svg, "text", {"x": f"{x}%", "dx": "6", "y": str(y + _BAR - 3), "class": "value"}).text = text


def _lines(svg: Element, chart: Chart, shown: Shown) -> None:
    """A plane that is stretched, with lines that aren't; what is written stands beside it and keeps its size."""
    top = max((_number(s, n) for s in chart.series for n in range(len(chart.labels))), default=0)
    steps = _steps(top)
    ceiling = steps[-1]
    for step in steps:
        y = 12 + _HEIGHT * (1 - step / ceiling)
        SubElement(svg, "line", {"x1": "0", "x2": "100%", "y1": f"{y:.1f}", "y2": f"{y:.1f}", "class": "grid"})
        SubElement(svg, "text", {"x": "0", "y": f"{y - 3:.1f}", "class": "tick"}).text = shown(step)
    plane = SubElement(svg, "svg", {"x": "9%", "y": "12", "width": "88%", "height": str(_HEIGHT), "viewBox": "0 0 1000 1000",
                                    "preserveAspectRatio": "none", "overflow": "visible"})  # fmt: skip
    places = _places(chart.labels)
    for number, one in enumerate(chart.series):
        points = [(p, 1000 * (1 - v / ceiling)) for p, v in zip(places, one.values, strict=True) if v is not None]
        SubElement(plane, "polyline", {"points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points), "class": f"line line-{FILLS[one.tone]} dash-{number}",
                                       "vector-effect": "non-scaling-stroke"})  # fmt: skip
    every = max(1, -(-len(chart.labels) // (6 if isinstance(chart.labels[0], int) else 4)))
    for n, label in enumerate(chart.labels):
        if n % every == 0 or n == len(chart.labels) - 1:
            if n != len(chart.labels) - 1 and len(chart.labels) - 1 - n < every:
                continue
            x = 9 + 0.088 * places[n]
            anchor = "start" if n == 0 else "end" if n == len(chart.labels) - 1 else "middle"
            SubElement(svg, "text", {"x": f"{x:.2f}%", "y": str(_HEIGHT + 32), "text-anchor": anchor, "class": "tick"}).text = shown(label)


def _places(labels: Sequence[Value]) -> list[float]:
    """Where each label stands, from 0 to 1000: numbers by their size, anything else one after the other."""
    numbers = [float(x) for x in labels if isinstance(x, (int, float))]
    if len(numbers) == len(labels) and len(labels) > 1 and numbers[-1] > numbers[0]:
        return [1000 * (x - numbers[0]) / (numbers[-1] - numbers[0]) for x in numbers]
    return [1000 * n / (len(labels) - 1) if len(labels) > 1 else 500 for n in range(len(labels))]


def _steps(top: float) -> list[float]:
    """A few round numbers from zero to beyond the highest value."""
    if top <= 0:
        return [0, 1]
    size = next(m * 10**e for e in range(-3, 16) for m in (1, 2, 2.5, 5) if m * 10**e * 4 >= top)
    return [int(size * n) if float(size * n).is_integer() else size * n for n in range(int(-(-top // size)) + 1)]


def _cut(text: str) -> str:
    kept = ""
    for letter in text:
        if width(kept + letter) > _WIDEST:
            return kept + "…"
        kept += letter
    return text
