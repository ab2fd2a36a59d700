"""Score sheets, class means and questionnaires, shown and asked about on a terminal, or answered by an option."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import typer

from features.errors import UsageError
from features.sources.guess.guess_files import FileGuesses
from features.sources.guess.wide.wide_guess import COMPETENCY, WideColumn, WideGuess, WideQuestion
from recommender.cli.screen import bilingual, say, show

MOST_NAMES: Final = 6  # of measures in a sentence
SHARED: Final = ("date", "stage", "subject")  # of all sheets of a workbook


def show_wide(guess: WideGuess) -> None:
    """The columns and their uses, what rows become, and what is to be confirmed."""
    place = guess.file if guess.sheet is None else f"{guess.file} / {guess.sheet}"
    title = bilingual(f"sheets.title_{guess.kind}", file=place, header="–".join(map(str, guess.header)))
    headers = [bilingual(f"guess.column_{name}", " ") for name in ("source", "target")]
    show(title, headers, [[f"{column.letter} {column.header}", _use(column)] for column in guess.columns])
    say(bilingual(f"sheets.reduced_{guess.kind}"))
    if guess.remembered:
        say(bilingual("sheets.remembered"))
    shown = [question for question in guess.questions if question.value or not question.name.startswith(f"{COMPETENCY}:")]
    rows = [[_sentence(question), f"{'' if question.sure else '? '}{_value(question)}"] for question in shown]
    if rows:
        show("", [bilingual(f"sheets.column_{name}", " ") for name in ("question", "value")], rows)
    open_names = [q.name.partition(":")[2] for q in guess.questions if q not in shown]
    if open_names:
        names = open_names[:MOST_NAMES]
        say(bilingual("sheets.no_competency_yet", count=len(open_names), names=names, first=names[0]))


def ask_about_wide(guess: WideGuess) -> WideGuess | None:
    """The guess with the answers of the person at the terminal; None where she gives up. What is certain is not asked."""
    for question in guess.questions:
        if question.sure:
            continue
        while True:
            choices = f" ({' / '.join(question.choices)})" if question.choices else ""
            reply = typer.prompt(f"{_sentence(question)}{choices}", default=question.value).strip()
            try:
                guess = guess.answered(question.name, reply)
                break
            except UsageError as error:
                say(str(error))
        if question.required and not guess.value(question.name):
            say(bilingual("sheets.gives_up", question=_sentence(question)))
            return None
    return guess


def alike(guess: WideGuess, before: Sequence[WideGuess]) -> WideGuess:
    """The guess with the answers to a sheet of the same workbook and headers, so that twelve classes ask for one date."""
    headers = [column.header for column in guess.columns]
    for other in before:
        if other.file == guess.file and [column.header for column in other.columns] == headers:
            for name in SHARED:
                if other.value(name) and not all(q.sure for q in guess.questions if q.name == name):
                    guess = guess.answered(name, other.value(name))
    return guess


def answered(guesses: FileGuesses, answers: Sequence[str]) -> FileGuesses:
    """The guesses with answers written as `name=value`. Raises UsageError for a name that no sheet has."""
    wide = list(guesses.wide)
    for text in answers:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError("sheets.answer_form", value=text)
        known = {question.name for guess in wide for question in guess.questions}
        if name not in known:
            raise UsageError("sheets.no_such_question", name=name, known=sorted(known))
        wide = [guess.answered(name, value) for guess in wide]
    return replace(guesses, wide=tuple(wide))


def not_sure(guess: WideGuess) -> UsageError:
    """The error where nobody can be asked: what is not confirmed, and how it may be."""
    names = [question.name for question in guess.questions if not question.sure]
    return UsageError("sheets.not_sure", file=guess.file, questions=names)


def wide_as_json(guess: WideGuess) -> dict[str, object]:
    """The guess for scripts."""
    return {
        "file": guess.file, "sheet": guess.sheet, "kind": guess.kind, "header": list(guess.header),
        "missing": list(guess.missing),
        "columns": [
            {"letter": c.letter, "header": c.header, "use": c.use, "into": c.into, "why": c.why, "sure": c.sure}
            for c in guess.columns
        ],
        "questions": [
            {"name": q.name, "value": q.value, "sure": q.sure, "choices": list(q.choices), "required": q.required}
            for q in guess.questions
        ],
    }  # fmt: skip


def _use(column: WideColumn) -> str:
    if column.use is None:
        return bilingual(f"sheets.why_{column.why}")
    return ("" if column.sure else "? ") + bilingual(f"sheets.use_{column.use}", into=column.into)


def _sentence(question: WideQuestion) -> str:
    name, _, about = question.name.partition(":")
    return bilingual(f"sheets.asks_{name}", about=about)


def _value(question: WideQuestion) -> str:
    if question.value:
        return question.value
    return bilingual("sheets.must_be_said") if question.required else bilingual("sheets.nothing_said")
