"""How many of the labelled headers, answers and files are guessed right.

    python benchmarks/guess_shares.py [--wrong]

The labels are in tests/features/sources/guess/labelled.toml: made-up headers of tables, of score sheets and of questionnaires,
answers to questions, and small files. The baseline is what an exact match of names reads without a guess.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from features.schema import TABLES
from features.sources.guess.answers.answer_scale import scale_of_numbers, scale_of_words
from features.sources.guess.guess_files import guess_files
from features.sources.guess.name_scores import name_score
from features.sources.guess.wide.roles import ITEM, bare, dimension_of, is_left_out, role_of
from features.sources.read.sheet import fold

LABELS = Path(__file__).parents[1] / "tests/features/sources/guess/labelled.toml"
LEAST = 0.5  # as a guess of a column needs
Outcome = tuple[str, str, str, str]  # kind, what, label, guess


def outcomes(labels: dict[str, Any]) -> Iterator[Outcome]:
    """Each labelled thing with its label and the guess."""
    for table, headers in labels["headers"].items():
        for header, label in headers.items():
            yield "headers of tables", f"{table}: {header}", label, _column(table, header)
    for header, label in labels["uses"].items():
        yield "headers of wide sheets", header, label, _use(header)
    for case in labels["scales"]:
        yield "answers", " ".join(case["answers"]), str(case["numbers"]), str(_numbers(case["answers"]))
    with tempfile.TemporaryDirectory() as folder:
        for case in labels["files"]:
            path = Path(folder) / case["name"]
            path.write_text(case["rows"].replace("/", "\n") + "\n", "utf-8")
            shape, columns = _file(path)
            wrong = {header: columns.get(header, "") for header, use in case.get("columns", {}).items()
                     if columns.get(header, "") != use}  # fmt: skip
            yield "files", case["name"], case["shape"], f"{shape} {wrong}" if wrong else shape
            path.unlink()


def _column(table: str, header: str) -> str:
    scores = {column.name: name_score(header, TABLES[table], column.name) for column in TABLES[table].columns}
    best, score = max(((name, s.score if s else 0.0) for name, s in scores.items()), key=lambda pair: pair[1])
    return best if score >= LEAST else ""


def _use(header: str) -> str:
    role = role_of(header)
    if role is not None:
        return role
    if is_left_out(header):
        return "out"
    return "item" if ITEM.fullmatch(bare(header)) else "score" if dimension_of(header)[0] else ""


def _numbers(answers: list[str]) -> list[float]:
    scale = scale_of_words(answers) or scale_of_numbers(answers)
    if scale is None:
        return []
    return [scale.numbers.get(answer, int(answer) if answer.isdecimal() else -1) for answer in answers]


def _file(path: Path) -> tuple[str, dict[str, str]]:
    guesses = guess_files([path], {})
    for wide in guesses.wide:
        return wide.kind, {column.header: column.use or "" for column in wide.columns}
    for sheet in guesses.sheets:
        return sheet.table, {guess.header: guess.column or "" for guess in sheet.columns}
    return "", {}


def _exact(kind: str, what: str) -> str:
    """What names alone say: the schema's own headers."""
    if kind != "headers of tables":
        return ""
    table, header = what.split(": ")
    column = next((c for c in TABLES[table].columns if fold(header) in (fold(c.name), fold(c.zh))), None)
    return "" if column is None else column.name


def main() -> None:
    """Prints the shares, and the wrong ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list what was guessed wrong")
    listed = parser.parse_args().wrong
    results = list(outcomes(tomllib.loads(LABELS.read_text("utf-8"))))
    for kind in dict.fromkeys(outcome[0] for outcome in results):
        of_kind = [outcome for outcome in results if outcome[0] == kind]
        right = sum(label == guess for _, _, label, guess in of_kind)
        exact = sum(_exact(kind, what) == label for _, what, label, _ in of_kind)
        print(f"{kind:24} {right:4} of {len(of_kind):4} right ({right / len(of_kind):.0%}); by exact names {exact}")
        for _, what, label, guess in of_kind if listed else ():
            if label != guess:
                print(f"    {what}: {label or 'none'}, guessed {guess or 'none'}")
    right = sum(label == guess for _, _, label, guess in results)
    print(f"{'all':24} {right:4} of {len(results):4} right ({right / len(results):.0%})")


if __name__ == "__main__":
    main()
