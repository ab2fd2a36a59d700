"""Fields of the form: text becomes a value and the value the same text again."""

from __future__ import annotations

from typing import Any

import pytest

from recommender.planning.problem.setting import FormField


@pytest.mark.parametrize(
    ("kind", "step", "text", "value", "filled"),
    [
        ("number", "1", "2", 2, "2"),
        ("number", "1", "2.5", 2.5, "2.5"),
        ("number", "any", "1,200.5", 1200.5, "1200.5"),
        ("percent", "any", "25%", 0.25, "25"),
        ("percent", "any", "12.5％", 0.125, "12.5"),
        ("ids", "any", "C1，C2、 C3 ;C4", ["C1", "C2", "C3", "C4"], "C1, C2, C3, C4"),
        ("ids", "any", " , ", [], ""),
    ],
)
def test_text_becomes_a_value(kind: Any, step: str, text: str, value: Any, filled: str) -> None:
    field = FormField("name", kind, "planning.form_forbid", step)
    assert field.parse(text) == value and type(field.parse(text)) is type(value)
    assert field.fill(value) == filled and field.parse(filled) == value if value else field.fill(value) == ""


def test_pairs_do_not_fit_into_a_field_of_ids() -> None:
    assert FormField("forbid", "ids", "planning.form_forbid").fill(["C1", ["T1", "C2"]]) is None


@pytest.mark.parametrize("text", ["two", "", "2%"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="could not convert"):
        FormField("n", "number", "planning.form_max_hours").parse(text)
