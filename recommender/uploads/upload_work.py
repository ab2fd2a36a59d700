"""The process that works on one upload: guesses, checks against the workspace, and writes what was confirmed.

Run as `python -m recommender.uploads.upload_work ROOT UPLOAD_ID`. A process of its own, because a city's files take gigabytes and
minutes that a server's other readers would feel.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from features.errors import RecommenderError
from features.messages import BilingualText, message
from features.sources.guess.guess_files import FileGuesses, guess_files
from features.sources.guess.sheet_guess import SheetGuess
from features.sources.guess.wide.wide_guess import WideGuess
from recommender.event_log import event_log, place_of
from recommender.text import in_both
from recommender.uploads.corrections import corrected, named_place, sheet_place
from recommender.uploads.issue_groups import issue_groups
from recommender.uploads.problem_rows import write_problem_rows
from recommender.uploads.upload import Upload
from recommender.uploads.upload_store import UploadStore
from recommender.workspace.atomic import replacing, write_json
from recommender.workspace.import_history import history
from recommender.workspace.importing import Import, prepare_import, stored_frames
from recommender.workspace.remembered_mappings import recalled, remember

EVERY: Final = 0.5  # seconds between two notes of progress


def main(root: Path, upload_id: str) -> None:
    """Works on the upload as it says itself and leaves the result in its folder."""
    store = UploadStore(root)
    with store.at_work(upload_id) as upload:
        if upload.state != "working":
            return  # another process was first
        try:
            done = _look(store, upload) if upload.work == "look" else _write(store, upload)
        except RecommenderError as error:
            done = upload.failed(_sentence(error))
        except Exception as error:  # what nobody foresaw: the person is told, the log gets its place and no cell of a file
            event_log().error("upload failed", upload=upload_id, error=type(error).__name__, place=place_of(error))
            done = upload.failed(in_both(message("uploads.failure")))
        if store.path(upload_id, "upload.json").exists():  # it may have been discarded meanwhile
            store.save(done)


def _sentence(error: RecommenderError) -> BilingualText:
    return BilingualText(error.message, error.message) if isinstance(error.message, str) else in_both(error.message)


def _look(store: UploadStore, upload: Upload) -> Upload:
    """What the files are; where that is certain or confirmed, how they fit the workspace."""
    guesses = _guesses(store, upload)
    write_json(store.path(upload.upload_id, "guess.json"), _as_json(guesses))
    unseen = not upload.corrections.get("confirmed") and (bool(guesses.unknown) or not guesses.sure)
    if unseen or not guesses.complete:
        return replace(upload, state="asking")
    preview = _preview(store, upload, guesses)
    _note_issues(store, upload, preview, guesses)
    return replace(upload, state="checked", checked=_checked(preview))


def _write(store: UploadStore, upload: Upload) -> Upload:
    """Imports the files as they were confirmed; shows them again where the tables have changed since."""
    guesses = _guesses(store, upload)
    preview = _preview(store, upload, guesses)
    checked = _checked(preview)
    if checked["before"] != upload.checked.get("before"):
        _note_issues(store, upload, preview, guesses)
        return replace(upload, state="checked", checked={**checked, "changed_meanwhile": True})
    written = preview.write(upload.accept_good_rows, upload.confirmed_by)
    if guesses:
        remember(store.root, guesses)
    store.forget_files(upload.upload_id)
    number = int(history(store.root)[-1]["n"]) if written else 0
    return replace(upload, state="written", checked=checked, number=number)


def _guesses(store: UploadStore, upload: Upload) -> FileGuesses:
    said = upload.corrections.get("tables", {})
    tables = {named_place(place): table for place, table in said.items() if table}
    guesses = recalled(store.root, guess_files([store.files(upload.upload_id)], stored_frames(store.root), tables=tables))
    return corrected(guesses, upload.corrections)


def _preview(store: UploadStore, upload: Upload, guesses: FileGuesses) -> Import:
    mapping = None
    if guesses:
        mapping = store.path(upload.upload_id, "mapping.toml")
        with replacing(mapping) as temporary:
            guesses.write(temporary)
    return prepare_import(
        store.root, [store.files(upload.upload_id)], mapping, _progress(store, upload.upload_id), upload.mode
    )


def _note_issues(store: UploadStore, upload: Upload, preview: Import, guesses: FileGuesses) -> None:
    issues = preview.reading.issues
    write_json(store.path(upload.upload_id, "issues.json"), {"groups": issue_groups(issues)})
    path = store.path(upload.upload_id, "problems.xlsx")
    path.unlink(missing_ok=True)
    headers = {(sheet.file, sheet.sheet): sheet.header for sheet in guesses.sheets}
    headers |= {(guess.file, guess.sheet): guess.header for guess in guesses.wide}
    write_problem_rows(path, store.files(upload.upload_id), issues, headers)


def _checked(preview: Import) -> dict[str, Any]:
    problems, notes = preview.counts
    reading = preview.reading
    tables = {
        name: {"rows": rows, "left_out": rows - reading.good[name], **preview.changes[name]._asdict()}
        for name, rows in reading.read.items()
    }
    before = None if preview.before is None else preview.before.name
    return {
        "tables": tables, "problems": problems, "notes": notes, "made_up": preview.tables.made_up, "before": before,
        "changed_meanwhile": False,
    }  # fmt: skip


def _progress(store: UploadStore, upload_id: str) -> Callable[[str, float], None]:
    last = 0.0

    def note(what: str, share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            store.note_progress(upload_id, what, share)

    return note


def _as_json(guesses: FileGuesses) -> dict[str, Any]:
    """The guesses for the page."""
    return {
        "sheets": [_sheet_as_json(sheet) for sheet in guesses.sheets],
        "wide": [_wide_as_json(guess) for guess in guesses.wide],
        "unknown": [{"place": sheet_place(file, sheet), "file": file, "sheet": sheet} for file, sheet in guesses.unknown],
        "sure": guesses.sure,
    }


def _sheet_as_json(sheet: SheetGuess) -> dict[str, Any]:
    columns = [
        {
            "letter": g.letter, "header": g.header, "column": g.column, "sure": g.sure, "reason": g.reason, "near": g.near,
            "alternative": g.alternative, "fits": g.fits,
        }
        for g in sheet.columns
    ]  # fmt: skip
    return {
        "place": sheet_place(sheet.file, sheet.sheet), "file": sheet.file, "sheet": sheet.sheet, "table": sheet.table,
        "header": list(sheet.header), "columns": columns, "granted": dict(sheet.granted), "missing": list(sheet.missing),
        "others": list(sheet.others), "sure": sheet.sure,
    }  # fmt: skip


def _wide_as_json(guess: WideGuess) -> dict[str, Any]:
    columns = [
        {"letter": c.letter, "header": c.header, "use": c.use, "into": c.into, "why": c.why, "sure": c.sure}
        for c in guess.columns
    ]
    questions = [
        {"name": q.name, "value": q.value, "sure": q.sure, "choices": list(q.choices), "required": q.required}
        for q in guess.questions
    ]
    return {
        "place": sheet_place(guess.file, guess.sheet), "file": guess.file, "sheet": guess.sheet, "kind": guess.kind,
        "header": list(guess.header), "columns": columns, "questions": questions, "remembered": bool(guess.remembered),
    }  # fmt: skip


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]), sys.argv[2])
