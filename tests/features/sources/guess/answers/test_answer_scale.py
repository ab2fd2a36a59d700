"""Answers in words and numbers: their scale, what is unknown, what is no answer."""

from __future__ import annotations

import pytest

from features.sources.guess.answers.answer_scale import (
    is_no_answer,
    looks_reversed,
    scale_of_numbers,
    scale_of_words,
)


def test_words_nobody_chose_have_their_number_too() -> None:
    scale = scale_of_words(["非常满意", "满意", "一般", "(跳过)"])
    assert scale is not None and (scale.low, scale.high) == (1, 5)
    assert scale.numbers["非常不满意"] == 1 and "(跳过)" not in scale.numbers


def test_a_word_of_no_scale_is_unknown() -> None:
    scale = scale_of_words(["同意", "不同意", "非常同意", "随便"])
    assert scale is not None and scale.unknown == ("随便",)


def test_a_scale_with_all_its_steps_is_certain_and_four_steps_without_a_middle_are_not() -> None:
    whole = scale_of_words(["strongly disagree", "disagree", "neutral", "agree", "strongly agree"])
    assert whole is not None and whole.certain
    four = scale_of_words(["strongly disagree", "disagree", "agree", "strongly agree"])
    assert four is not None and not four.certain and four.high == 4
    assert {other.high for other in four.others} >= {5}  # nobody may have been neutral


@pytest.mark.parametrize(
    ("answers", "high", "certain"),
    [
        (["1", "5", "3"], 5, True), (["2", "4"], 5, False), (["1", "10"], 10, True), (["0", "5"], 5, True),
        (["5分", "1分"], 5, True),
    ],
)
def test_the_highest_number_need_not_occur(answers: list[str], high: int, certain: bool) -> None:
    scale = scale_of_numbers(answers)
    assert scale is not None and (scale.high, scale.certain) == (high, certain)


@pytest.mark.parametrize("answers", [["class1", "class2"], ["88", "92"], ["多讲例题", "好"], ["1"], ["3.5", "4"]])
def test_codes_scores_and_sentences_are_no_answers(answers: list[str]) -> None:
    assert scale_of_numbers(answers) is None


def test_no_answer_and_questions_whose_highest_answer_is_the_worst() -> None:
    assert is_no_answer("(跳过)") and is_no_answer("N/A") and not is_no_answer("一般")
    assert looks_reversed("5、课堂上经常拖堂") and looks_reversed("Lessons are boring") and not looks_reversed("讲解清楚")
