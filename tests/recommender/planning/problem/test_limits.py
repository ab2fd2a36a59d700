"""Limits from files and requests: what is accepted, and errors that name the key and what it accepts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from features.errors import ReadError, UnknownIdError, UsageError
from recommender.planning.problem.constraint_registry import settings
from recommender.planning.problem.limits import Limits
from recommender.text import render

WHOLE = {
    "max_courses_per_teacher": 2, "max_hours_per_teacher": 60, "release_days_per_teacher": 1.5,
    "floor_share_per_school": 0.1, "lottery_share": 0.05,
    "floor": [
        {"name": "rural", "share": 0.1, "location": ["rural"]},
        {"name": "disadvantage ≥ 0.4", "share": 0.2, "disadvantage_min": 0.4},
    ],
    "must_open": ["C1"], "forbid": ["C2", ["T1", "C3"]], "pin": [["T2", "C3"]],
    "list": [{"name": "L", "course": "C4", "teachers": ["T3", "T4"], "only": True}], "uncertainty_discount": 0.2,
    "disadvantage_weight": 0.5, "repeat_worth": 0.3, "wish_weight": 0.2, "owed_hours_worth": 0.001, "keep_refusals": False,
}  # fmt: skip


def test_every_key_is_read_and_written_again() -> None:
    assert set(WHOLE) == {setting.key for setting in settings()}
    limits = Limits.of(WHOLE)
    assert limits.as_json() == WHOLE and Limits.of(limits.as_json()) == limits
    assert list(limits.as_json()) == list(WHOLE)
    assert Limits.of({}) == Limits() and Limits().as_json() == {}


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ({"must_open": "C1"}, {"must_open": ["C1"]}),
        ({"must_open": ["C1", "C1"]}, {"must_open": ["C1"]}),
        ({"forbid": [["T1", "C3"], "C2"]}, {"forbid": ["C2", ["T1", "C3"]]}),
        ({"pin": [{"teacher": "T", "course": "C"}]}, {"pin": [["T", "C"]]}),
        ({"floor": [{"share": 1, "stage": "primary", "subject": ["数学", "语文"]}]},
         {"floor": [{"name": "primary; 数学, 语文", "share": 1, "stage": ["primary"], "subject": ["数学", "语文"]}]}),
        ({"list": [{"course": "C", "teachers": "T"}]},
         {"list": [{"name": "C", "course": "C", "teachers": ["T"], "only": False}]}),
    ],
)  # fmt: skip
def test_short_forms_mean_the_long_ones(short: Any, long: Any) -> None:
    assert Limits.of(short) == Limits.of(long)


@pytest.mark.parametrize(
    ("content", "named", "accepted"),
    [
        ({"no_such_key": 1}, "no_such_key", "max_courses_per_teacher"),
        ({"max_courses_per_teacher": -1}, "max_courses_per_teacher", "0 or more"),
        ({"max_courses_per_teacher": True}, "max_courses_per_teacher", "whole number"),
        ({"max_courses_per_teacher": None}, "max_courses_per_teacher", "whole number"),
        ({"max_hours_per_teacher": "60"}, "max_hours_per_teacher", "a number, 0 or more"),
        ({"max_hours_per_teacher": float("nan")}, "max_hours_per_teacher", "a number"),
        ({"lottery_share": 0.6}, "lottery_share", "from 0 to 0.5"),
        ({"uncertainty_discount": 4}, "uncertainty_discount", "from 0 to 3"),
        ({"keep_refusals": 1}, "keep_refusals", "true or false"),
        ({"must_open": [1]}, "must_open", "ids in quotes"),
        ({"pin": [["T"]]}, "pin", "teacher id"),
        ({"forbid": 3}, "forbid", "course ids"),
        ({"floor": {"share": 1}}, "floor", "[[name]]"),
        ({"floor": [{"stage": "primary"}]}, "share", "location"),
        ({"floor": [{"share": 0.2}]}, "floor", "location"),
        ({"floor": [{"share": 2, "stage": "primary"}]}, "share", "from 0 to 1"),
        ({"floor": [{"share": 1, "stage": "primary", "color": 1}]}, "color", "location"),
        ({"list": [{"course": "C"}]}, "teachers", "only"),
        ({"list": [{"course": "C", "teachers": ["T"], "only": 1}]}, "only", "true or false"),
    ],
)
def test_an_error_names_the_key_and_what_is_accepted_in_both_languages(content: Any, named: str, accepted: str) -> None:
    with pytest.raises(UsageError) as caught:
        Limits.of(content)
    english, chinese = render(caught.value.message, "en"), render(caught.value.message, "zh")
    assert named in english and accepted in english
    assert named in chinese and chinese != english


def test_an_unknown_id_is_named() -> None:
    known = {"T1", "T2", "T3", "T4"}, {"C1", "C2", "C3", "C4"}, {"S1"}
    Limits.of(WHOLE).check(*known)
    for content, unit in (
        ({"must_open": ["C9"]}, "C9"), ({"forbid": [["T9", "C1"]]}, "T9"), ({"pin": [["T1", "C9"]]}, "C9"),
        ({"list": [{"course": "C1", "teachers": ["T9"]}]}, "T9"), ({"floor": [{"share": 1, "school": "S9"}]}, "S9"),
    ):  # fmt: skip
        with pytest.raises(UnknownIdError, match=unit):
            Limits.of(content).check(*known)


def test_a_file_is_read_and_a_wrong_one_named(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("\ufeffmax_courses_per_teacher = 2\n[[floor]]\nshare = 0.5\nstage = 'primary'\n", "utf-8")
    assert Limits.read(path) == Limits.of({"max_courses_per_teacher": 2, "floor": [{"share": 0.5, "stage": "primary"}]})
    path.write_text("max_courses_per_teacher = \n", "utf-8")
    with pytest.raises(UsageError, match=r"limits\.toml is not TOML"):
        Limits.read(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ReadError, match=r"limits\.toml cannot be read"):
        Limits.read(path)


def test_replace_changes_one_key_and_checks_it() -> None:
    limits = Limits.of(WHOLE)
    assert limits.replace(lottery_share=0.2).as_json() == WHOLE | {"lottery_share": 0.2}
    assert "max_hours_per_teacher" not in limits.replace(max_hours_per_teacher=None).as_json()
    with pytest.raises(UsageError, match="lottery_share"):
        limits.replace(lottery_share=2.0)
