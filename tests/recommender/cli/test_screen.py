"""Words in both languages on the screen, JSON for scripts."""

from __future__ import annotations

import json

import pytest

from recommender.cli.screen import STRIPE, bilingual, columns, emit, printable, progress, say, show


def test_both_languages_stand_side_by_side() -> None:
    assert bilingual("cli.import_counts", problems=2, notes=1) == "2 个问题,1 条提示 / 2 problems, 1 notes"
    assert columns("rows", "title") == ["行 rows", "课程"]


def test_a_table_of_simulated_data_is_marked(capfd: pytest.CaptureFixture[str]) -> None:
    for simulated in (True, False):
        show("title", ["a" * 60], [["[bold]1"], [None]], simulated)
        out = capfd.readouterr().out
        assert "[bold]1" in out and (STRIPE in out) is simulated


def test_a_line_is_printed_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    line = "[red]" + "long " * 60
    say(line)
    assert capfd.readouterr().out == line + "\n"


def test_json_has_no_number_that_json_lacks(capfd: pytest.CaptureFixture[str]) -> None:
    emit({"名": [1, None]})
    assert json.loads(capfd.readouterr().out) == {"名": [1, None]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        emit(float("nan"))


def test_progress_into_a_pipe_names_each_kind_of_work_once(capfd: pytest.CaptureFixture[str]) -> None:
    with progress() as report:
        for what, share in (("read", 0.0), ("read", 0.5), ("write", 0.0), ("write", 1.0)):
            report(what, share)
    out, err = capfd.readouterr()
    assert out == "" and err.splitlines() == ["… read", "… write"]


def test_codes_that_a_terminal_obeys_are_escaped(capfd: pytest.CaptureFixture[str]) -> None:
    cell = "a\x1b[2J\x07\u202e\x9b31m\udcffb"
    say(cell)
    show("t", ["h"], [[cell]])
    emit({"cell": "\udcff数"})
    out = capfd.readouterr().out
    assert out.count(r"a\x1b[2J\x07\u202e\x9b31m\udcffb") == 2 and not set(out) & set("\x1b\x07\u202e\x9b")
    assert r'"\udcff数"' in out and printable("教师\t1\n") == "教师\t1\n"
