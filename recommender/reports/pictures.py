"""Charts as inline SVG, 360 units width, so that their text stays readable on a phone; no script, no external file.

Colours come from the page's CSS classes. The table beside each chart has the same numbers. Why not matplotlib:
docs/decisions/0302-pictures-as-inline-svg.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from features.messages import BilingualText

WIDTH: Final = 360.0
LABELS, GAP, RIGHT, ROW, TOP = 128.0, 12.0, 20.0, 34.0, 8.0
MAX_LETTERS: Final = 10  # of a label; the table has the whole name
MAX_LATIN: Final = 19  # the same without Chinese, whose letters are twice as wide
Interval = tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """One row: label, value, its interval where known, a reference value to compare with; hollow: not estimated."""

    label: BilingualText
    value: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    hollow: bool = False


@dataclass(frozen=True)
class Axis:
    """Linear scale from values in `domain` to coordinates in `range`, clipped."""

    domain: Interval
    range: Interval

    def __call__(self, value: float) -> float:
        low, high = self.domain
        share = (min(max(value, low), high) - low) / (high - low)
        return round(self.range[0] + share * (self.range[1] - self.range[0]), 1)

    def ticks(self, count: int = 5) -> list[float]:
        """About `count` round numbers in the domain."""
        size = (self.domain[1] - self.domain[0]) / count
        power = 10.0 ** len(str(int(1 / size))) if size < 1 else 1.0
        step = next(s / power for s in (1, 2, 2.5, 5, 10, 20, 25, 50, 100) if s / power >= size - 1e-12)
        first = -(-self.domain[0] // step)
        steps = [(first + i) * step for i in range(int((self.domain[1] - self.domain[0]) / step) + 1)]
        return [round(t, 6) for t in steps if t <= self.domain[1] + 1e-9]


def dots(
    rows: Sequence[Dot],
    title: BilingualText,
    domain: Interval,
    mark: float | None = None,
    percent: bool = False,
) -> Markup:
    """Rows of dots with intervals; `reference` is an open dot, joined by a line; mark: a vertical reference line."""
    axis = Axis(domain, (LABELS + GAP, WIDTH - RIGHT))
    height = TOP + ROW * len(rows) + 24
    parts = _grid(axis, height, percent)
    if mark is not None:
        parts.append(f'<path class="mark" d="M{axis(mark)} {TOP}V{height - 22}"/>')
    for i, row in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        parts.append(_label(row.label, y))
        if row.low is not None and row.high is not None:
            parts.append(f'<path class="range" d="M{axis(row.low)} {y}H{axis(row.high)}"/>')
        if row.reference is not None and row.value is not None:
            parts.append(f'<path class="way" d="M{axis(row.reference)} {y}H{axis(row.value)}"/>')
            parts.append(f'<circle class="open" cx="{axis(row.reference)}" cy="{y}" r="5"/>')
        if row.value is not None:
            kind = "open" if row.hollow else "dot"
            parts.append(f'<circle class="{kind}" cx="{axis(row.value)}" cy="{y}" r="5"/>')
    return _svg(parts, height, title)


def coverage(
    rows: Sequence[tuple[BilingualText, Sequence[float | None]]],
    levels: Sequence[float],
    title: BilingualText,
) -> Markup:
    """For each row and level the actual coverage (dot) beside the nominal one (vertical line)."""
    axis = Axis((0.4, 1.0), (LABELS + GAP, WIDTH - RIGHT))
    height = TOP + ROW * len(rows) + 24
    parts = _grid(axis, height, True, levels)
    for i, (label, shares) in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        parts.append(_label(label, y))
        for level, value in zip(levels, shares, strict=True):
            parts.append(f'<path class="mark" d="M{axis(level)} {y - 10}v20"/>')
            if value is not None:
                parts.append(f'<path class="way" d="M{axis(level)} {y}H{axis(value)}"/>')
                parts.append(f'<circle class="dot" cx="{axis(value)}" cy="{y}" r="5"/>')
    return _svg(parts, height, title)


def histogram(shares: Sequence[float], title: BilingualText) -> Markup:
    """Bars of equal width on 0..1 and the line of the uniform distribution."""
    even = 1 / max(len(shares), 1)
    across = Axis((0.0, 1.0), (36.0, WIDTH - RIGHT))
    up = Axis((0.0, max(*shares, 2 * even) if shares else 1.0), (150.0, 12.0))
    parts = []
    for i, share in enumerate(shares):
        x, width = across(i * even), across(even) - across(0.0) - 2
        parts.append(
            f'<rect class="bar" x="{x}" y="{up(share)}" width="{width:.1f}" height="{150 - up(share):.1f}"/>'
        )
    parts.append(f'<path class="mark" d="M36 {up(even)}H{WIDTH - RIGHT}"/>')
    parts += [
        f'<text class="tick" x="{across(t)}" y="168" text-anchor="middle">{t:g}</text>'
        for t in (0.0, 0.5, 1.0)
    ]
    parts += [
        f'<text class="tick" x="30" y="{up(t) + 4}" text-anchor="end">{t:.0%}</text>' for t in (0.0, even)
    ]
    return _svg(parts, 174, title)


def scatter(
    points: Sequence[tuple[float, float, float | None]],
    title: BilingualText,
    axes: tuple[BilingualText, BilingualText],
    diagonal: bool = False,
    min_extent: float = 0.0,
) -> Markup:
    """Points (x, y, half width of the interval of y); diagonal: the line y = x; min_extent: of the y axis, so that noise
    does not look like a slope.
    """
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    extents = [y + s * (p[2] or 0.0) for p, y in zip(points, ys, strict=True) for s in (-1, 1)]
    padding = max(min_extent - (max(extents, default=0.0) - min(extents, default=0.0)), 0.0) / 2
    extents = [y + s * padding for y in extents for s in (-1, 1)]
    common = _around([*xs, *extents])
    across = Axis(common if diagonal else _around(xs), (44.0, WIDTH - RIGHT))
    up = Axis(common if diagonal else _around(extents), (226.0, 14.0))
    parts = [f'<path class="grid" d="M44 {up(t)}H{WIDTH - RIGHT}"/>' for t in up.ticks(4)]
    parts += [
        f'<text class="tick" x="38" y="{up(t) + 4}" text-anchor="end">{_number(t)}</text>'
        for t in up.ticks(4)
    ]
    parts += [
        f'<text class="tick" x="{across(t)}" y="244" text-anchor="middle">{_number(t)}</text>'
        for t in across.ticks(4)
    ]
    if diagonal:
        parts.append(
            f'<path class="mark" d="M{across(common[0])} {up(common[0])}L{across(common[1])} {up(common[1])}"/>'
        )
    for x, y, half in points:
        if half:
            parts.append(f'<path class="range" d="M{across(x)} {up(y - half)}V{up(y + half)}"/>')
        parts.append(f'<circle class="dot" cx="{across(x)}" cy="{up(y)}" r="5"/>')
    x_title, y_title = axes
    parts.append(
        f'<text class="axis" x="{WIDTH - RIGHT}" y="264" text-anchor="end">{_axis_title(x_title)} →</text>'
    )
    parts.append(f'<text class="axis" x="44" y="264">↑ {_axis_title(y_title)}</text>')
    return _svg(parts, 270, title)


def bars(rows: Sequence[tuple[BilingualText, float | None]], title: BilingualText) -> Markup:
    """Shares from the left, 0 to 100%."""
    axis = Axis((0.0, 1.0), (LABELS + GAP, WIDTH - RIGHT))
    height = TOP + ROW * len(rows) + 24
    parts = _grid(axis, height, True)
    for i, (label, share) in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        parts.append(_label(label, y))
        if share is not None:
            width = axis(share) - axis(0.0)
            parts.append(
                f'<rect class="bar" x="{axis(0.0)}" y="{y - 7}" width="{width:.1f}" height="14" rx="3"/>'
            )
    return _svg(parts, height, title)


def domain_of(values: Iterable[float | None], *always: float) -> Interval:
    """An interval around all values, and `always`, with a margin."""
    return _around([v for v in (*values, *always) if v is not None])


def _around(values: Sequence[float]) -> Interval:
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _grid(axis: Axis, height: float, percent: bool, ticks: Sequence[float] = ()) -> list[str]:
    parts = []
    for tick in ticks or axis.ticks():
        text = f"{tick:.0%}" if percent else _number(tick)
        parts.append(f'<path class="grid" d="M{axis(tick)} {TOP}V{height - 22}"/>')
        parts.append(
            f'<text class="tick" x="{axis(tick)}" y="{height - 6}" text-anchor="middle">{text}</text>'
        )
    return parts


def _label(label: BilingualText, y: float) -> str:
    """Chinese above English, right-aligned at the plot; vertically centred where both languages are the same."""
    zh, en = label
    latin = all(letter < "\u2e80" for letter in zh)
    most = MAX_LATIN if latin else MAX_LETTERS
    zh = zh if len(zh) <= most else zh[: most - 1] + "…"
    if label.zh == en:
        lang = "" if latin else ' lang="zh-CN"'
        return f'<text class="name only"{lang} x="{LABELS}" y="{y + 4}" text-anchor="end">{escape(zh)}</text>'
    return (
        f'<text class="name" x="{LABELS}" y="{y - 1}" text-anchor="end">{escape(zh)}</text>'
        f'<text class="sub" lang="en" x="{LABELS}" y="{y + 11}" text-anchor="end">{escape(en)}</text>'
    )


def _axis_title(title: BilingualText) -> str:
    if title.zh == title.en:
        return str(escape(title.zh))
    return f'{escape(title.zh)} <tspan lang="en">{escape(title.en)}</tspan>'


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _svg(parts: Sequence[str], height: float, title: BilingualText) -> Markup:
    label = escape(" / ".join(dict.fromkeys(title)))
    content = "".join(parts)
    return Markup(
        f'<svg class="picture" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{label}">{content}</svg>'
    )
