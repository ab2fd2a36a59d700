"""Pictures as inline SVG: 360 units wide, so that their words stay readable on a phone; no script, no outside file.

Colours come from the page's classes. Every picture is told again by the table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

WIDTH: Final = 360.0
LABELS, GAP, RIGHT, ROW, TOP = 128.0, 12.0, 20.0, 34.0, 8.0
LETTERS: Final = 10  # of a name beside its row; the table has it whole
Span = tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """One row: names, value, its interval where known, another value to compare with; hollow: not estimated."""

    zh: str
    en: str
    value: float | None
    low: float | None = None
    high: float | None = None
    other: float | None = None
    hollow: bool = False


@dataclass(frozen=True)
class Axis:
    """Linear: values of `span` onto `room`."""

    span: Span
    room: Span

    def __call__(self, value: float) -> float:
        low, high = self.span
        share = (min(max(value, low), high) - low) / (high - low)
        return round(self.room[0] + share * (self.room[1] - self.room[0]), 1)

    def ticks(self, most: int = 5) -> list[float]:
        """Round numbers inside the span."""
        size = (self.span[1] - self.span[0]) / most
        power = 10.0 ** len(str(int(1 / size))) if size < 1 else 1.0
        step = next(s / power for s in (1, 2, 2.5, 5, 10, 20, 25, 50, 100) if s / power >= size - 1e-12)
        first = -(-self.span[0] // step)
        found = [(first + i) * step for i in range(int((self.span[1] - self.span[0]) / step) + 1)]
        return [round(t, 6) for t in found if t <= self.span[1] + 1e-9]


def dots(
    rows: Sequence[Dot], title: tuple[str, str], span: Span, mark: float | None = None, percent: bool = False
) -> Markup:
    """Rows of dots with intervals; `other` is drawn as an open dot with a line between; mark: a line to compare with."""
    axis = Axis(span, (LABELS + GAP, WIDTH - RIGHT))
    height = TOP + ROW * len(rows) + 24
    parts = _grid(axis, height, percent)
    if mark is not None:
        parts.append(f'<path class="mark" d="M{axis(mark)} {TOP}V{height - 22}"/>')
    for i, row in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        parts.append(_label(row.zh, row.en, y))
        if row.low is not None and row.high is not None:
            parts.append(f'<path class="range" d="M{axis(row.low)} {y}H{axis(row.high)}"/>')
        if row.other is not None and row.value is not None:
            parts.append(f'<path class="way" d="M{axis(row.other)} {y}H{axis(row.value)}"/>')
            parts.append(f'<circle class="open" cx="{axis(row.other)}" cy="{y}" r="5"/>')
        if row.value is not None:
            kind = "open" if row.hollow else "dot"
            parts.append(f'<circle class="{kind}" cx="{axis(row.value)}" cy="{y}" r="5"/>')
    return _svg(parts, height, title)


def coverage(
    rows: Sequence[tuple[str, str, Sequence[float | None]]], levels: Sequence[float], title: tuple[str, str]
) -> Markup:
    """For each row the share held (dot) beside the share promised (upright line), one pair a level."""
    axis = Axis((0.4, 1.0), (LABELS + GAP, WIDTH - RIGHT))
    height = TOP + ROW * len(rows) + 24
    parts = _grid(axis, height, True, levels)
    for i, (zh, en, held) in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        parts.append(_label(zh, en, y))
        for level, value in zip(levels, held, strict=True):
            parts.append(f'<path class="mark" d="M{axis(level)} {y - 10}v20"/>')
            if value is not None:
                parts.append(f'<path class="way" d="M{axis(level)} {y}H{axis(value)}"/>')
                parts.append(f'<circle class="dot" cx="{axis(value)}" cy="{y}" r="5"/>')
    return _svg(parts, height, title)


def histogram(shares: Sequence[float], title: tuple[str, str]) -> Markup:
    """Bars of equal width on 0..1 and the line where they would all end."""
    even = 1 / max(len(shares), 1)
    across = Axis((0.0, 1.0), (36.0, WIDTH - RIGHT))
    up = Axis((0.0, max(*shares, 2 * even) if shares else 1.0), (150.0, 12.0))
    parts = []
    for i, share in enumerate(shares):
        x, wide = across(i * even), across(even) - across(0.0) - 2
        parts.append(
            f'<rect class="bar" x="{x}" y="{up(share)}" width="{wide:.1f}" height="{150 - up(share):.1f}"/>'
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
    title: tuple[str, str],
    axes: tuple[tuple[str, str], tuple[str, str]],
    diagonal: bool = False,
    least: float = 0.0,
) -> Markup:
    """Points (x, y, half of the upright interval); diagonal: the line y = x; least: the upright axis spans so much at
    least, so that chance does not look like a slope."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    reach = [y + s * (p[2] or 0.0) for p, y in zip(points, ys, strict=True) for s in (-1, 1)]
    spare = max(least - (max(reach, default=0.0) - min(reach, default=0.0)), 0.0) / 2
    reach = [y + s * spare for y in reach for s in (-1, 1)]
    both = _around([*xs, *reach])
    across = Axis(both if diagonal else _around(xs), (44.0, WIDTH - RIGHT))
    up = Axis(both if diagonal else _around(reach), (226.0, 14.0))
    parts = [f'<path class="grid" d="M44 {up(t)}H{WIDTH - RIGHT}"/>' for t in up.ticks(4)]
    parts += [
        f'<text class="tick" x="38" y="{up(t) + 4}" text-anchor="end">{_figure(t)}</text>'
        for t in up.ticks(4)
    ]
    parts += [
        f'<text class="tick" x="{across(t)}" y="244" text-anchor="middle">{_figure(t)}</text>'
        for t in across.ticks(4)
    ]
    if diagonal:
        parts.append(
            f'<path class="mark" d="M{across(both[0])} {up(both[0])}L{across(both[1])} {up(both[1])}"/>'
        )
    for x, y, half in points:
        if half:
            parts.append(f'<path class="range" d="M{across(x)} {up(y - half)}V{up(y + half)}"/>')
        parts.append(f'<circle class="dot" cx="{across(x)}" cy="{up(y)}" r="5"/>')
    (x_zh, x_en), (y_zh, y_en) = axes
    parts.append(
        f'<text class="axis" x="{WIDTH - RIGHT}" y="264" text-anchor="end">{_words(x_zh, x_en)} →</text>'
    )
    parts.append(f'<text class="axis" x="44" y="264">↑ {_words(y_zh, y_en)}</text>')
    return _svg(parts, 270, title)


def bars(rows: Sequence[tuple[str, str, float | None]], title: tuple[str, str]) -> Markup:
    """Shares from the left, 0 to 100%."""
    axis = Axis((0.0, 1.0), (LABELS + GAP, WIDTH - RIGHT))
    height = TOP + ROW * len(rows) + 24
    parts = _grid(axis, height, True)
    for i, (zh, en, share) in enumerate(rows):
        y = TOP + ROW * i + ROW / 2
        parts.append(_label(zh, en, y))
        if share is not None:
            wide = axis(share) - axis(0.0)
            parts.append(
                f'<rect class="bar" x="{axis(0.0)}" y="{y - 7}" width="{wide:.1f}" height="14" rx="3"/>'
            )
    return _svg(parts, height, title)


def span_of(values: Iterable[float | None], *always: float) -> Span:
    """A span that holds all values, and `always`, with a little room."""
    return _around([v for v in (*values, *always) if v is not None])


def _around(values: Sequence[float]) -> Span:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def _grid(axis: Axis, height: float, percent: bool, ticks: Sequence[float] = ()) -> list[str]:
    parts = []
    for tick in ticks or axis.ticks():
        word = f"{tick:.0%}" if percent else _figure(tick)
        parts.append(f'<path class="grid" d="M{axis(tick)} {TOP}V{height - 22}"/>')
        parts.append(
            f'<text class="tick" x="{axis(tick)}" y="{height - 6}" text-anchor="middle">{word}</text>'
        )
    return parts


def _label(zh: str, en: str, y: float) -> str:
    """Chinese above English, both ending where the drawing begins; in the middle where there is but one."""
    zh = zh if len(zh) <= LETTERS else zh[: LETTERS - 1] + "…"
    if not en:
        return f'<text class="name only" x="{LABELS}" y="{y + 4}" text-anchor="end">{escape(zh)}</text>'
    return (
        f'<text class="name" x="{LABELS}" y="{y - 1}" text-anchor="end">{escape(zh)}</text>'
        f'<text class="sub" lang="en" x="{LABELS}" y="{y + 11}" text-anchor="end">{escape(en)}</text>'
    )


def _words(zh: str, en: str) -> str:
    return f'{escape(zh)} <tspan lang="en">{escape(en)}</tspan>'


def _figure(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _svg(parts: Sequence[str], height: float, title: tuple[str, str]) -> Markup:
    named = escape(f"{title[0]} / {title[1]}")
    inside = "".join(parts)
    return Markup(
        f'<svg class="picture" viewBox="0 0 {WIDTH:g} {height:g}" role="img" aria-label="{named}">{inside}</svg>'
    )
