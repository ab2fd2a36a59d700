"""The plan as a workbook to hand on: six sheets and pictures, numbers as numbers, ids as text, A4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xlsxwriter

from recommender.planning.plan_report import PlanReport
from recommender.plans.plan_sentences import limit_name, money, price_said, sentences, stage_name
from recommender.plans.plan_tables import gains_each
from recommender.workspace.exports import harmless
from recommender.workspace.importing import NOTICE

ROOM: Final = 10  # rows of a table that a picture still fits under on a page
FONT: Final = "Noto Sans CJK SC"
JADE: Final = "#12645A"
AMBER: Final = "#8A4B00"
MIST: Final = "#E7F0ED"
STRIPE: Final = "#FFE39A"
NOTES: Final = (
    ("目标", "在预算和各项限制之内，使预计收获（扣除不确定性）最大。同一需求被多次覆盖时，后面的只按部分计。",
     "Largest expected gain, less its uncertainty, within budget and limits. Further cover of one need counts less."),
    ("收获", "以教师标准差为单位：1 = 全体教师真实水平的一个标准差；合计为各人之和。",
     "In teacher standard deviations: 1 is the spread of true ability over all teachers; totals add people up."),
    ("差距", "「最多差」是已证明的上界：任何方案都不会比它好更多。它只说求解的好坏，不说数据的好坏。",
     "“At most … below” is proven: no plan is better by more. It speaks of the solving, not of the data."),
    ("高估", "方案挑的是看起来最好的名额，可能被高估。下限扣除了最坏情形下的高估。",
     "A plan picks seats that look best and may be overestimated. The lower end has the worst case taken off."),
    ("待议", "按证据允许的误差重算，不是每次都入选的课标「待议」，适合人工讨论。",
     "Courses that are not in every plan solved within the error of the evidence are marked “discuss”."),
    ("价格", "价格是放宽一个单位时收获约增加多少，只在小范围内成立。",
     "A price is about how much gain one unit more would add; it holds for small changes only."),
    ("隐私", "少于 10 人的收获不显示；名单旁没有需求和收获。建议供人决定，不用于考核。",
     "Gains of fewer than ten people are left empty; no need or gain stands beside a name. People decide; never for appraisal."),
)  # fmt: skip


class _Book:
    """The workbook with its formats; every sheet gets the same frame."""

    def __init__(self, path: Path, report: PlanReport) -> None:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
        self.book = xlsxwriter.Workbook(str(path), options)
        self.report = report
        base = {"font_name": FONT, "font_size": 10, "valign": "top"}

        def style(**more: Any) -> Any:
            return self.book.add_format({**base, **more})

        self.title = style(bold=True, font_size=16, font_color=JADE)
        self.text = style(text_wrap=True)
        self.id = style(num_format="@")
        self.head = style(bold=True, bg_color=MIST, bottom=1, text_wrap=True, valign="vcenter")
        self.whole = style(num_format="#,##0")
        self.yuan = style(num_format="#,##0")
        self.gain = style(num_format="0.000")
        self.share = style(num_format="0.0%")
        self.warn = style(bold=True, bg_color=STRIPE, text_wrap=True)
        self.quiet = style(font_color="#4A625B", text_wrap=True)
        self.key = style(bold=True)

    def sheet(
        self, name: str, title: str, widths: Sequence[float], landscape: bool = False
    ) -> tuple[Any, int]:
        """A sheet with title, stripe for made-up data, A4; and the next free row."""
        page = self.book.add_worksheet(name)
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(0.5, 0.5, 0.7, 0.7)
        if landscape:
            page.set_landscape()
        for place, width in enumerate(widths):
            page.set_column(place, place, width)
        report = self.report
        page.set_footer(f"&L{report.plan_id} · {report.as_of} · {report.model_version}&R&P / &N")
        page.write_string(0, 0, title, self.title)
        page.set_row(0, 26)
        row = 1
        if report.made_up:
            page.merge_range(row, 0, row, max(len(widths) - 1, 1), NOTICE, self.warn)
            row += 1
        return page, row + 1

    def table(
        self, page: Any, row: int, headers: Sequence[str], rows: Sequence[Sequence[Any]], styles: Sequence[Any],
        freeze: bool = True,
    ) -> int:  # fmt: skip
        """A table; its header stays in sight and repeats in print. The row behind it."""
        for place, header in enumerate(headers):
            page.write_string(row, place, header, self.head)
        page.set_row(row, 32)
        if freeze:
            page.freeze_panes(row + 1, 0)
            page.repeat_rows(row)
        for number, cells in enumerate(rows, row + 1):
            for place, (cell, style) in enumerate(zip(cells, styles, strict=True)):
                self.cell(page, number, place, cell, style)
        return row + 1 + len(rows)

    @staticmethod
    def cell(page: Any, row: int, place: int, cell: Any, style: Any) -> None:
        """Text stays text and runs nothing; an unknown number is an empty cell."""
        if cell is None or (isinstance(cell, float) and cell != cell):
            page.write_blank(row, place, None, style)
        elif isinstance(cell, str):
            page.write_string(row, place, harmless(cell)[:32_767], style)
        else:
            page.write_number(row, place, float(cell), style)


def write_workbook(path: Path, report: PlanReport, tables: Mapping[str, pd.DataFrame]) -> None:
    """At `path`, which is part of a folder that is moved into place as a whole."""
    held = _Book(path, report)
    try:
        _summary(held)
        if report.status != "infeasible":
            _lines(held)
            _schools(held)
            _people(held)
        _limits(held)
        if report.frontier:
            _curves(held)
        _brief(held)
        _sources(held, tables)
        _notes(held)
    finally:
        held.book.close()


def _summary(held: _Book) -> None:
    report = held.report
    page, row = held.sheet(
        "摘要 Summary", f"{report.district_name} 培训方案 · Training plan", (30, 24, 24, 24)
    )
    for said in sentences(report):
        page.merge_range(row, 0, row, 3, "", held.text)
        page.write_string(row, 0, said.zh, held.text)
        page.set_row(row, 17 * (1 + int(len(said.zh) * 2.0 // 100)))
        page.merge_range(row + 1, 0, row + 1, 3, "", held.quiet)
        page.write_string(row + 1, 0, said.en, held.quiet)
        page.set_row(row + 1, 16 * (1 + int(len(said.en) // 98)))
        row += 2
    row += 1
    facts = [
        ("状态 Status", report.status, held.text), ("预算 Budget (yuan)", report.budget, held.yuan),
        ("用款 Cost (yuan)", report.cost, held.yuan), ("课程 Courses", len(report.lines), held.whole),
        ("名额 Seats", report.seats, held.whole), ("教师 Teachers reached", report.teachers, held.whole),
        ("全体教师 Teachers in all", report.teachers_all, held.whole),
        ("覆盖需求 Needs covered", report.needs, held.whole),
        ("预计收获 Expected gain", report.expected_gain, held.gain),
        ("其标准差 Its sd", report.expected_gain_sd, held.gain),
        ("收获下限 Low", report.expected_low, held.gain), ("收获上限 High", report.expected_high, held.gain),
        ("最多高估 Flattery at most", report.optimizers_curse, held.share),
        ("最多差 Gap at most", report.gap if report.status != "infeasible" else None, held.book.add_format(
            {"num_format": "0.00%", "font_name": FONT, "font_size": 10})),
        ("随机种子 Seed", report.seed, held.whole), ("用时 Seconds", report.seconds, held.gain),
    ]  # fmt: skip
    for name, value, style in facts:
        page.write_string(row, 0, name, held.key)
        held.cell(page, row, 1, value, style)
        row += 1
    page.print_area(0, 0, row, 3)


def _lines(held: _Book) -> None:
    report = held.report
    page, row = held.sheet(
        "课程 Lines", "开设的课程 · Courses to open", (11, 44, 12, 8, 8, 8, 12, 12, 12), True
    )
    headers = ("课程代码 course_id", "名称 Title", "形式 Form", "学时 Hours", "名额 Seats", "上限 Most",
               "费用 Cost (yuan)", "预计收获 Gain", "重算入选 Redrawn")  # fmt: skip
    ordered = sorted(report.lines, key=lambda line: (-(line.expected_gain or 0.0), line.course_id))
    rows = [
        (x.course_id, x.title, x.form, x.hours, x.seats, x.max_seats, x.cost, x.expected_gain, x.open_share)
        for x in ordered
    ]  # fmt: skip
    styles = (
        held.id,
        held.text,
        held.text,
        held.whole,
        held.whole,
        held.whole,
        held.yuan,
        held.gain,
        held.share,
    )
    end = held.table(page, row, headers, rows, styles)
    if len(rows) > 1:
        chart = held.book.add_chart({"type": "bar"})
        last = min(row + 15, end - 1)
        chart.add_series({
            "name": "预计收获 Expected gain", "categories": [page.name, row + 1, 1, last, 1],
            "values": [page.name, row + 1, 7, last, 7], "fill": {"color": JADE}, "gap": 40,
        })  # fmt: skip
        _plain(chart, "收获最多的课程 · Courses with most gain", "教师标准差合计 · teacher SD", "")
        chart.set_y_axis({"reverse": True, "num_font": {"name": FONT, "size": 8}})
        chart.set_legend({"none": True})
        chart.set_size({"width": 900, "height": 430})
        page.insert_chart(end + 1, 0, chart)
        if len(rows) > ROOM:
            page.set_h_pagebreaks([end + 1])  # the picture whole, on a page of its own
    page.print_area(0, 0, end + 24, 8)


def _schools(held: _Book) -> None:
    report = held.report
    page, row = held.sheet("学校名额 Seats per school", "每校名额 · Seats per school", (14, 30, 12, 44, 10))
    rows = [
        (school, report.school_names.get(school, ""), course, report.titles.get(course, ""), n)
        for course, school, n in sorted(report.school_seats, key=lambda r: (r[1], r[0]))
    ]
    headers = ("学校代码 school_id", "学校 School", "课程代码 course_id", "课程 Course", "名额 Seats")
    end = held.table(page, row, headers, rows, (held.id, held.text, held.id, held.text, held.whole))
    page.autofilter(row, 0, end - 1, 4)
    page.print_area(0, 0, end, 4)


def _people(held: _Book) -> None:
    report = held.report
    page, row = held.sheet("名单 Assignments", "建议名单 · Proposed people", (16, 14, 50))
    rows = [(t, c, report.titles.get(c, "")) for t, c in report.assignments]
    headers = ("教师编号 teacher_id", "课程代码 course_id", "课程 Course")
    end = held.table(page, row, headers, rows, (held.id, held.id, held.text))
    page.autofilter(row, 0, max(end - 1, row), 2)
    page.print_area(0, 0, end, 2)


def _limits(held: _Book) -> None:
    report = held.report
    page, row = held.sheet("限制 Limits", "限制与价格 · Limits and prices", (26, 13, 13, 9, 44, 50), True)
    asked = [
        ("预算 budget", f"{report.budget:,.0f}"),
        *((k, _shown(v)) for k, v in report.limits.as_json().items()),
    ]
    for name, value in asked:
        page.write_string(row, 0, name, held.key)
        page.merge_range(row, 1, row, 4, "", held.text)
        page.write_string(row, 1, harmless(value)[:1000], held.text)
        row += 1
    row += 1
    rows = [
        (
            limit_name(p.limit).zh + " " + limit_name(p.limit).en,
            p.key,
            p.unit,
            p.price,
            *price_said(report, p),
        )
        for p in report.prices
    ]
    headers = ("限制 Limit", "对象 Of", "单位 Unit", "价格 Price", "说明", "In words")
    styles = (held.text, held.id, held.text, held.gain, held.text, held.quiet)
    end = held.table(page, row, headers, rows, styles)
    page.print_area(0, 0, end, 5)


def _curves(held: _Book) -> None:
    report = held.report
    page, row = held.sheet(
        "曲线 Frontiers", "预算与公平 · Budget and fairness", (16, 14, 14, 14, 14, 16, 16, 14, 14), True
    )
    page.write_string(row, 0, "预算曲线 · What other budgets would bring", held.key)
    headers = (
        "预算 Budget (yuan)",
        "预计收获 Gain",
        "名额 Seats",
        "教师 Teachers",
        "需求 Needs",
        "最多差 Gap",
    )
    rows = [
        (p.setting, p.gain, p.seats, p.teachers, p.needs, max(p.bound - p.objective, 0) / max(p.bound, 1e-12))
        for p in report.frontier
    ]
    percent = held.book.add_format({"num_format": "0.00%", "font_name": FONT, "font_size": 10})
    styles = (held.yuan, held.gain, held.whole, held.whole, held.whole, percent)
    top = row + 1
    end = held.table(page, top, headers, rows, styles, freeze=False)
    line = {"color": JADE, "width": 2.25}
    first = held.book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    first.add_series({
        "name": "收获 Gain", "categories": [page.name, top + 1, 0, end - 1, 0],
        "values": [page.name, top + 1, 1, end - 1, 1], "line": line,
        "marker": {"type": "circle", "size": 7, "fill": {"color": JADE}, "border": {"color": "white"}},
    })  # fmt: skip
    _plain(first, "预算与收获 · Budget and gain", "预算 · budget (yuan)", "收获 · gain")
    first.set_legend({"none": True})
    first.set_size({"width": 510, "height": 320})
    if report.equity:
        start = end + 2
        page.write_string(start, 0, "公平曲线 · What floors for every school would cost", held.key)
        headers2 = ("每校下限 Floor", "预计收获 Gain", "教师 Teachers", "薄弱校教师 Weaker", "其他教师 Others",
                   "薄弱校人均 Each, weaker", "其他人均 Each, others")  # fmt: skip
        rows2 = [
            (p.setting, p.gain, p.teachers, p.weak_teachers, p.other_teachers,
             *gains_each(p))
            for p in report.equity
        ]  # fmt: skip
        styles2 = (held.share, held.gain, held.whole, held.whole, held.whole, held.gain, held.gain)
        end = held.table(page, start + 1, headers2, rows2, styles2, freeze=False)
        second = held.book.add_chart({"type": "line"})
        for place, name, color in ((5, "薄弱校 Weaker schools", AMBER), (6, "其他 Others", JADE)):
            second.add_series({
                "name": name, "categories": [page.name, start + 2, 0, end - 1, 0],
                "values": [page.name, start + 2, place, end - 1, place], "line": {"color": color, "width": 2.25},
                "marker": {"type": "circle" if place == 6 else "diamond", "size": 7,
                           "fill": {"color": color}, "border": {"color": "white"}},
            })  # fmt: skip
        _plain(second, "人均收获 · Gain a head", "每校下限 · floor of each school", "标准差 · SD")
        second.set_legend({"position": "bottom", "font": {"name": FONT, "size": 9}})
        second.set_size({"width": 430, "height": 320})
        page.insert_chart(end + 1, 5, second)
    page.insert_chart(end + 1, 0, first)
    page.print_area(0, 0, end + 19, 8)


def _brief(held: _Book) -> None:
    report = held.report
    page, row = held.sheet(
        "课程缺口 Brief",
        "没有课程能满足的需求 · Needs that no course meets",
        (16, 26, 30, 14, 12, 14, 14, 12),
        True,
    )
    rows = [
        (
            m.competency_id,
            m.name_zh,
            m.name_en,
            " ".join(stage_name(m.stage)),
            m.needing,
            m.unserved,
            m.uncovered,
            m.gap,
        )
        for m in report.unmet_needs
    ]
    headers = ("能力项 competency_id", "名称", "Name", "学段 Stage", "有需求 Needing", "无课可选 No course",
               "方案未覆盖 Uncovered", "平均差距 Gap")  # fmt: skip
    styles = (held.id, held.text, held.text, held.text, held.whole, held.whole, held.whole, held.gain)
    if not rows:
        page.write_string(
            row, 0, "没有 10 人以上的课程缺口。 No group of ten or more is left without a course.", held.text
        )
    end = held.table(page, row + (not rows), headers, rows, styles)
    page.print_area(0, 0, end, 7)


def _sources(held: _Book, tables: Mapping[str, pd.DataFrame]) -> None:
    report = held.report
    page, row = held.sheet("来源 Sources", "来源与日期 · Sources and dates", (34, 60))
    facts = [
        ("数据截至 Data as of", report.as_of.isoformat()), ("模型版本 Model version", report.model_version),
        ("数据指纹 Fingerprint of the tables", report.tables), ("方案编号 Plan", report.plan_id),
        ("机构 Organization", f"{report.district_id} {report.district_name}"),
        ("模拟数据 Made up", "是 yes" if report.made_up else "否 no"),
        *((f"{name}.csv", f"{len(frame)} 行 rows: {', '.join(frame.columns)}") for name, frame in tables.items()),
    ]  # fmt: skip
    for name, value in facts:
        page.write_string(row, 0, name, held.key)
        page.write_string(row, 1, harmless(value), held.text)
        row += 1
    page.print_area(0, 0, row, 1)


def _notes(held: _Book) -> None:
    page, row = held.sheet("说明 Notes", "怎样读这份方案 · How to read this plan", (10, 90))
    for name, zh, en in NOTES:
        page.write_string(row, 0, name, held.key)
        page.write_string(row, 1, f"{zh}\n{en}", held.text)
        page.set_row(row, 17 * (2 + len(zh) // 46 + len(en) // 100))
        row += 1
    page.print_area(0, 0, row, 1)


def _plain(chart: Any, title: str, x: str, y: str) -> None:
    font = {"name": FONT, "size": 9}
    chart.set_title({"name": title, "name_font": {"name": FONT, "size": 11}, "overlay": False})
    chart.set_x_axis({"name": x, "name_font": font, "num_font": font, "major_gridlines": {"visible": False}})
    chart.set_y_axis(
        {
            "name": y,
            "name_font": font,
            "num_font": font,
            "major_gridlines": {"visible": True, "line": {"color": "#CFDBD6"}},
        }
    )


def _shown(value: Any) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


__all__ = ["money", "write_workbook"]
