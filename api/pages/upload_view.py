"""What the page of one upload shows, and what its form says back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from api.pages.page_words import Words
from features.schema import TABLES, Column
from features.schema.coded_values import zh_name
from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore
from recommender.workspace.import_history import history, restorable

STEPS: Final = ("files", "columns", "check", "done")
STEP_OF: Final = {"asking": "columns", "checked": "check", "written": "done"}
CHANGES: Final = ("new", "changed", "gone")
NOTHING: Final[dict[str, list[dict[str, Any]]]] = {"sheets": [], "wide": [], "unknown": []}


@dataclass(frozen=True)
class SelectOption:
    """A value of a list to choose from, with its label."""

    value: str
    label: str
    chosen: bool = False


@dataclass(frozen=True)
class ColumnLine:
    """One column of a file: where it is, what it is read as (`choices`, the guess chosen), and why."""

    name: str
    letter: str
    header: str
    choices: tuple[SelectOption, ...]
    why: str
    sure: bool


@dataclass(frozen=True)
class ValueLine:
    """What a sheet does not say: a value for all rows. required: nothing can be imported without."""

    name: str
    label: str
    value: str
    choices: tuple[SelectOption, ...] = ()
    required: bool = True
    sure: bool = False


@dataclass(frozen=True)
class SheetPart:
    """One sheet of the form. tables: which table it is, "" to leave it out. lead: what its rows become."""

    title: str
    header: str
    table_field: str
    tables: tuple[SelectOption, ...]
    columns: tuple[ColumnLine, ...] = ()
    values: tuple[ValueLine, ...] = ()
    lead: str = ""
    plain: tuple[tuple[str, str, bool], ...] = ()


@dataclass(frozen=True)
class TableLine:
    """What becomes of one table: rows read, left out, new, changed, the same, gone."""

    label: str
    rows: int
    left_out: int
    new: int
    changed: int
    same: int
    gone: int


@dataclass(frozen=True)
class ProblemGroup:
    """Issues of one kind in one column: how many, what is expected, and the first rows as (number, sentence)."""

    severity: str
    place: str
    column: str
    count: int
    expected: str
    example: str
    rows: tuple[tuple[int | None, str, str], ...]


@dataclass(frozen=True)
class UploadView:
    """Everything on the page."""

    upload: Upload
    step: str
    sheets: tuple[SheetPart, ...] = ()
    tables: tuple[TableLine, ...] = ()
    groups: tuple[ProblemGroup, ...] = ()
    workbook: bool = False
    mapping: str = ""
    gone: int = 0
    changed: bool = field(default=False)


@dataclass(frozen=True)
class HistoryLine:
    """One import or undo. rows: `teachers +1 ~2 -3`. files: names with the first digits of their SHA-256."""

    n: int
    at: datetime
    by: str
    action: str
    rows: str
    files: tuple[tuple[str, str], ...]
    version: str
    restorable: bool


def upload_view(store: UploadStore, upload: Upload, t: Words) -> UploadView:
    """The view of an upload in its state."""
    guess = store.content(upload.upload_id, "guess.json") or NOTHING
    shown = upload.state in ("asking", "checked", "failed", "interrupted")
    sheets = _sheets(guess, t) if shown else ()
    checked = upload.checked if upload.state in ("checked", "written") else {}
    tables = tuple(_table_line(name, rows, t) for name, rows in checked.get("tables", {}).items())
    issues = (store.content(upload.upload_id, "issues.json") or {}) if upload.state in ("checked", "written") else {}
    mapping = store.path(upload.upload_id, "mapping.toml")
    return UploadView(
        upload, STEP_OF.get(upload.state, "files"), sheets, tables, tuple(_group(group, t) for group in issues.get("groups", ())),
        store.path(upload.upload_id, "problems.xlsx").is_file(),
        mapping.read_text("utf-8") if mapping.is_file() else "",
        sum(line.gone for line in tables), any(line.new or line.changed or line.gone for line in tables),
    )  # fmt: skip


def corrections_of(form: Mapping[str, str], guess: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says of the guesses. A sheet that became another table is guessed again before it is confirmed; without
    guesses, where the work was cut off before them, nobody has confirmed any."""
    corrections: dict[str, Any] = {"tables": dict(before.get("tables", {})), "columns": {}, "values": {}, "answers": {}}
    again = not any(guess.values())
    for i, sheet in enumerate(guess.get("sheets", ())):
        table = form.get(f"table-{i}", sheet["table"])
        if table in TABLES and table != sheet["table"]:
            corrections["tables"][sheet["place"]] = table
            again = True
            continue
        letters = [column["letter"] for column in sheet["columns"]]
        said = {letter: form[key] for letter in letters if (key := f"column-{i}-{letter}") in form}
        corrections["columns"][sheet["place"]] = said
        corrections["values"][sheet["place"]] = _with_prefix(form, f"value-{i}-")
    for i, wide in enumerate(guess.get("wide", ())):
        corrections["answers"][wide["place"]] = _with_prefix(form, f"answer-{i}-")
    for i, unknown in enumerate(guess.get("unknown", ())):
        table = form.get(f"unknown-{i}", "")
        if table in TABLES:
            corrections["tables"][unknown["place"]] = table
            again = True
    return corrections | {"confirmed": not again}


def history_lines(root: Path, t: Words) -> tuple[HistoryLine, ...]:
    """All imports and undos, newest first. Raises ReadError for a damaged history."""
    return tuple(_history_line(entry, restorable(root, entry), t) for entry in reversed(history(root)))


def _history_line(entry: Mapping[str, Any], kept: bool, t: Words) -> HistoryLine:
    rows = t("pages.site_separator").join(
        t("uploads.history_rows", table=_label(name, t), changes=changes)
        for name, change in entry["tables"].items()
        if (changes := " ".join(t(f"uploads.history_{kind}", n=change[kind]) for kind in CHANGES if change[kind]))
    )
    undone = entry["action"] == "undo"
    action = t("uploads.history_undo", n=entry["to"]) if undone else t(f"uploads.history_mode_{entry['mode']}")
    files = tuple((str(file["name"]), str(file["sha256"])[:12]) for file in entry["files"])
    at = datetime.fromisoformat(entry["at"]).astimezone()
    return HistoryLine(entry["n"], at, entry["by"], action, rows, files, entry["version"], kept)


def _with_prefix(form: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): value for name, value in form.items() if name.startswith(prefix)}


def _sheets(guess: Mapping[str, Any], t: Words) -> tuple[SheetPart, ...]:
    sheets = [_sheet(i, sheet, t) for i, sheet in enumerate(guess["sheets"])]
    wide = [_wide(i, sheet, t) for i, sheet in enumerate(guess["wide"])]
    any_table = _table_choices("", t, t("uploads.leave_out"))
    unknown = [
        SheetPart(one["place"], "", f"unknown-{i}", any_table, lead=t("uploads.unknown_sheet"))
        for i, one in enumerate(guess["unknown"])
    ]
    return (*sheets, *wide, *unknown)


def _sheet(i: int, sheet: Mapping[str, Any], t: Words) -> SheetPart:
    table = TABLES[sheet["table"]]
    lines = tuple(
        ColumnLine(
            f"column-{i}-{column['letter']}", column["letter"], column["header"],
            (SelectOption("", t("uploads.unused"), column["column"] is None), *(
                SelectOption(c.name, _column_label(c, t), c.name == column["column"]) for c in table.columns
            )),
            _why(column, sheet["table"], t), column["sure"] or column["column"] is None,
        )
        for column in sheet["columns"]
    )  # fmt: skip
    said = {**dict.fromkeys(sheet["missing"], ""), **sheet["granted"]}
    values = tuple(
        ValueLine(
            f"value-{i}-{name}", _column_label(table.column(name), t), value,
            tuple(SelectOption(choice, _code_label(choice, t), choice == value) for choice in table.column(name).choices),
        )
        for name, value in said.items()
    )  # fmt: skip
    rows = "–".join(map(str, sheet["header"]))
    return SheetPart(sheet["place"], rows, f"table-{i}", _table_choices(sheet["table"], t), lines, values)


def _why(column: Mapping[str, Any], table: str, t: Words) -> str:
    other = _column_label(TABLES[table].column(column["alternative"]), t) if column["alternative"] else ""
    if column["column"] is None:
        return t("uploads.perhaps", column=other) if other else ""
    why = t(f"guess.{column['reason']}", near=column["near"]) if column["reason"] else ""
    if column["fits"] is not None and column["fits"] < 1:
        why += t("guess.fits", share=column["fits"])
    if other and not column["sure"]:
        why += t("uploads.or_perhaps", column=other)
    return why


def _wide(i: int, sheet: Mapping[str, Any], t: Words) -> SheetPart:
    values = tuple(
        ValueLine(
            f"answer-{i}-{q['name']}", _question(q["name"], t), q["value"],
            tuple(SelectOption(choice, _code_label(choice, t), choice == q["value"]) for choice in q["choices"]),
            q["required"], q["sure"],
        )
        for q in sheet["questions"]
    )  # fmt: skip
    uses = tuple((f"{c['letter']} {c['header']}", _use(c, t), c["sure"]) for c in sheet["columns"])
    lead = " ".join((t(f"uploads.kind_{sheet['kind']}"), t(f"sheets.reduced_{sheet['kind']}")))
    return SheetPart(sheet["place"], "–".join(map(str, sheet["header"])), "", (), (), values, lead, uses)


def _code_label(code: str, t: Words) -> str:
    return zh_name(code) if t.lang == "zh" else code.replace("_", " ")


def _question(name: str, t: Words) -> str:
    kind, _, about = name.partition(":")
    return t(f"sheets.asks_{kind}", about=about)


def _use(column: Mapping[str, Any], t: Words) -> str:
    return t(f"sheets.use_{column['use']}", into=column["into"]) if column["use"] else t(f"sheets.why_{column['why']}")


def _table_choices(chosen: str, t: Words, empty: str = "") -> tuple[SelectOption, ...]:
    tables = tuple(SelectOption(name, _label(name, t), name == chosen) for name in TABLES)
    return (SelectOption("", empty, not chosen), *tables) if empty else tables


def _table_line(name: str, rows: Mapping[str, int], t: Words) -> TableLine:
    return TableLine(_label(name, t), rows["rows"], rows["left_out"], rows["new"], rows["changed"], rows["same"], rows["gone"])


def _group(group: Mapping[str, Any], t: Words) -> ProblemGroup:
    place = group["file"] + (f"[{group['sheet']}]" if group["sheet"] else "")
    rows = tuple((row["row"], row["value"], row[t.lang]) for row in group["rows"])
    expected = group["expected"][t.lang]
    return ProblemGroup(group["severity"], place, group["column"], group["count"], expected, group["example"], rows)


def _label(table: str, t: Words) -> str:
    return t.text(TABLES[table].label).replace("_", " ")


def _column_label(column: Column, t: Words) -> str:
    return t.text(column.label).replace("_", " ")
