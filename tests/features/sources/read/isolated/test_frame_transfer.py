"""Answers of the reading process go out as bytes and come back the same."""

from __future__ import annotations

import io
from dataclasses import fields

import numpy as np
import pytest

from features.errors import FileReadError
from features.messages import Message, message
from features.sources.read.isolated.frame_transfer import read_answer, write_error, write_names, write_sheet
from features.sources.read.sheet import Sheet, texts


def test_a_sheet_comes_back_with_every_field() -> None:
    sheet = Sheet("a.xlsx", "课程", ("a", "乙"), (texts(["1", ""]), texts(["", "x\n😀"])), np.array([3, 7]), 2, np.array([1]))
    out = io.BytesIO()
    write_sheet(sheet, out)
    answer = read_answer(io.BytesIO(out.getvalue()))
    assert isinstance(answer, Sheet)
    for field in fields(Sheet):
        before, after = getattr(sheet, field.name), getattr(answer, field.name)
        if field.name == "columns":
            before, after = ([column.to_pylist() for column in columns] for columns in (before, after))
        assert np.array_equal(before, after) if isinstance(before, np.ndarray) else before == after, field.name


def test_names_and_errors_come_back() -> None:
    out = io.BytesIO()
    write_names(("一", "b\n"), out)
    assert read_answer(io.BytesIO(out.getvalue())) == ("一", "b\n")
    error = FileReadError("sources.no_such_sheet", file="a", sheets=("x", 1), inner=message("sources.a_date", n=1.5))
    out = io.BytesIO()
    write_error(error, out)
    answer = read_answer(io.BytesIO(out.getvalue()))
    assert isinstance(answer, FileReadError) and isinstance(answer.message, Message)
    assert answer.message == error.message


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_half_an_answer_is_none(share: float) -> None:
    out = io.BytesIO()
    write_sheet(Sheet("a", None, ("a",), (texts(["1"] * 100),), np.arange(100)), out)
    with pytest.raises((EOFError, ValueError, OSError)):
        read_answer(io.BytesIO(out.getvalue()[: int(share * len(out.getvalue()))]))
