"""One file's rows become columns of one table, with every problem found, never only the first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from features.schema import Column, Table
from features.sources.cell import CellError, Value, read_cell
from features.sources.csv import Row
from features.sources.problem import Problem


@dataclass(frozen=True)
class Checked:
    """`columns`: name -> values of the good rows; `rows`: their spreadsheet numbers; `problems` of all."""

    columns: dict[str, list[Value]]
    rows: list[int]
    problems: list[Problem]

    @property
    def accepted(self) -> bool:
        """True when notes are all there is."""
        return all(p.severity == "note" for p in self.problems)


def check_rows(file: str, rows: Iterable[Row], table: Table) -> Checked:
    """Read rows, the header first, into `table`; rows with a problem are left out of `columns`.

    Identical rows are kept once with a note; rows that share the key but differ are a problem.
    """
    rest = iter(rows)
    header = next(rest, None)
    found, problems = _match_header(file, header, table)
    names = [c.name for c in table.columns if any(c is other for _, other in found)]
    good: dict[str, list[Value]] = {name: [] for name in names}
    numbers: list[int] = []
    first_with: dict[tuple[Value, ...], tuple[int, tuple[Value, ...]]] = {}
    if any(p.severity == "problem" for p in problems):
        return Checked(good, numbers, problems)
    for row in rest:
        values, wrong = _read_row(file, row, found)
        if wrong:
            problems += wrong
            continue
        record = tuple(values[name] for name in names)
        key = tuple(values[name] for name in table.key) if table.key else record
        earlier = first_with.setdefault(key, (row.number, record))
        if earlier[0] != row.number:
            problems.append(_repeated(file, row.number, earlier[0], key, earlier[1] == record, table))
            continue
        numbers.append(row.number)
        for name in names:
            good[name].append(values[name])
    return Checked(good, numbers, problems)


def _match_header(
    file: str, header: Row | None, table: Table
) -> tuple[list[tuple[int, Column]], list[Problem]]:
    found: dict[str, tuple[int, Column]] = {}
    problems: list[Problem] = []
    for place, text in enumerate(header.cells if header else ()):
        column = table.column_for(text) if text.strip() else None
        if column is None:
            if text.strip():
                problems.append(
                    Problem(
                        file, 1, text, text, "此列未识别,不导入", "a known column; it is left out", "", "note"
                    )
                )
        elif column.name in found:
            problems.append(Problem(file, 1, text, text, "同一列只能出现一次", "each column once"))
        else:
            found[column.name] = (place, column)
    for column in table.columns:
        if column.required and column.name not in found:
            problems.append(
                Problem(
                    file, 1, column.zh, "", f"缺少必填列「{column.zh}」", f"the required column {column.name}"
                )
            )
    return list(found.values()), problems


def _read_row(file: str, row: Row, found: list[tuple[int, Column]]) -> tuple[dict[str, Value], list[Problem]]:
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for place, column in found:
        text = row.cells[place] if place < len(row.cells) else ""
        try:
            values[column.name] = read_cell(text, column)
        except CellError as error:
            problems.append(
                Problem(
                    file,
                    row.number,
                    column.zh,
                    text,
                    error.expected["zh"],
                    error.expected["en"],
                    error.example,
                )
            )
    return values, problems


def _repeated(file: str, row: int, first: int, key: tuple[Value, ...], same: bool, table: Table) -> Problem:
    shown = " ".join(map(str, key))
    place = "+".join(table.key) or None
    if same:
        return Problem(
            file, row, place, shown, f"与第 {first} 行相同,只保留一次",
            f"no repeat of row {first}; kept once", "", "note",
        )  # fmt: skip
    return Problem(
        file, row, place, shown, f"与第 {first} 行键值相同但内容不同,请只保留一行",
        f"a key of its own; row {first} has it with other values: keep one",
    )  # fmt: skip
