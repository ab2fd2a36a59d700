"""Exit codes, and one line on stderr in the language of the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import DataError


def test_help_names_every_command(run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    for name in (
        "demo",
        "data",
        "diagnose",
        "train",
        "evaluate",
        "recommend",
        "models",
        "serve",
        "token",
        "doctor",
        "visits",
    ):
        assert f" {name} " in out


@pytest.mark.parametrize(
    "words",
    [
        ("recommend",),
        ("recommend", "--all", "--teacher", "T1"),
        ("recommend", "--teacher", "nobody"),
        ("recommend", "--all", "--out", "lists.pickle"),
        ("models", "promote", "2020-01-01-00000000"),
        ("token", "--role", "root"),
        ("token", "--role", "school"),
        ("token", "--role", "teacher", "--subject", "nobody"),
    ],
)
def test_wrong_use_exits_2_withone_line(run, words: tuple[str, ...], one_line) -> None:
    code, out, err = run(*words)
    assert code == 2 and out == "" and one_line(err)


@pytest.mark.parametrize(
    "words", [("nonsense",), ("recommend", "--top", "0"), ("diagnose", "--as-of", "June")]
)
def test_a_command_line_that_cannot_be_read_exits_2(run, words: tuple[str, ...], one_line) -> None:
    code, _, err = run(*words)
    assert code == 2 and one_line(err)


def test_no_tables_yet_says_what_to_do(run, tmp_path: Path, one_line) -> None:
    for words in (("diagnose",), ("train",), ("recommend", "--all"), ("evaluate",)):
        code, _, err = run(*words, workspace=tmp_path)
        assert code == 2 and one_line(err) and "recommender data import" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("no"), 1), (OSError(28, "No space left on device", "f"), 3), (MemoryError(), 3)],
)
def test_exit_codes_of_failures(run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, one_line) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("recommender.cli.diagnose_command.run_diagnose", fail)
    exit_code, _, err = run("diagnose")
    assert exit_code == code and one_line(err)


def test_wrong_settings_exit_2_and_show_no_secret(run, monkeypatch: pytest.MonkeyPatch, one_line) -> None:
    monkeypatch.setenv("RECOMMENDER_TOKEN_KEY", "short-secret")
    code, _, err = run("doctor")
    assert code == 2 and one_line(err) and "RECOMMENDER_TOKEN_KEY" in err and "short-secret" not in err


def test_a_fault_of_the_program_is_never_exit_1(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("recommender.cli.diagnose_command.run_diagnose", fail)
    code, _, err = run("diagnose")
    assert code == 3 and "ZeroDivisionError" in err


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (("recommend",), "须给出且只给出一个", "Give exactly one"),
        (("recommend", "--teacher", "nobody"), "没有编号为 'nobody' 的教师", "No teacher has the id 'nobody'"),
        (("nonsense",), "没有命令 'nonsense'", "No such command 'nonsense'"),
        (("recommend", "--tops", "3"), "没有选项 --tops", "No such option: --tops"),
        (("recommend", "--top", "0"), "--top 的值不能用", "Invalid value for '--top'"),
        (("plan", "--budget", "1"), "缺少 --district", "Missing option '--district'"),
        (("data", "check", "--lang", "fr", "."), "没有 'fr'", "not 'fr'"),
    ],
)
def test_errors_are_in_the_language_of_the_user(
    run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], zh: str, en: str
) -> None:
    for setting, text in (("zh", zh), ("en", en)):
        monkeypatch.setenv("RECOMMENDER_LANG", setting)
        code, _, err = run(*words)
        assert code == 2 and text in err
