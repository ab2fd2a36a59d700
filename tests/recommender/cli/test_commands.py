"""Commands: exit codes, one-line errors, and stdout that a script can read."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import recommender.cli.main as app
from features.errors import DataError
from recommender.settings import Settings
from recommender.tokens import read_token


@pytest.fixture
def run(city, capfd: pytest.CaptureFixture[str]):
    """Runs a command line on the finished city: exit code, stdout, stderr."""

    def command(*words: str, workspace: Path | None = None) -> tuple[int, str, str]:
        place = [] if words[:1] == ("--help",) else ["--workspace", str(workspace or city.workspace.root)]
        capfd.readouterr()
        code = app.run([*words, *place])
        out, err = capfd.readouterr()
        return code, out, err

    return command


def _one_line(err: str) -> bool:
    return err.count("\n") == 1 and err.startswith("recommender: ") and "Traceback" not in err


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
    ):
        assert f" {name} " in out


def test_diagnose_prints_a_table_and_exits_0(run) -> None:
    code, out, _ = run("diagnose")
    assert code == 0 and "teacher" in out and "模拟数据" in out


def test_recommend_json_is_json_alone(run, city) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    code, out, _ = run("recommend", "--teacher", teacher, "--top", "3", "--json")
    told = json.loads(out)
    assert code == 0 and told["unit_id"] == teacher and len(told["recommendations"]) <= 3
    assert [place["rank"] for place in told["recommendations"]] == [1, 2, 3][: len(told["recommendations"])]


def test_recommend_for_people_tells_five_reasons(run, city) -> None:
    school = str(city.workspace.tables["teachers"]["school_id"].iloc[0])
    code, out, _ = run("recommend", "--school", school, "--top", "1")
    assert code == 0 and school in out and "not measured" in out


def test_recommend_all_json(run, city, tmp_path: Path) -> None:
    code, out, _err = run("recommend", "--all", "--top", "2", "--json", "--out", str(tmp_path / "l.csv"))
    told = json.loads(out)
    assert code == 0 and told["made_up"] is True and Path(told["recommendations"]).exists()
    assert told["rows"] == len(pd.read_csv(tmp_path / "l.csv"))


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
def test_wrong_use_exits_2_with_one_line(run, words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert code == 2 and out == "" and _one_line(err)


@pytest.mark.parametrize(
    "words", [("nonsense",), ("recommend", "--top", "0"), ("diagnose", "--as-of", "June")]
)
def test_a_command_line_that_cannot_be_read_exits_2(run, words: tuple[str, ...]) -> None:
    code, _, err = run(*words)
    assert code == 2 and _one_line(err)


def test_no_tables_yet_says_what_to_do(run, tmp_path: Path) -> None:
    for words in (("diagnose",), ("train",), ("recommend", "--all"), ("evaluate",)):
        code, _, err = run(*words, workspace=tmp_path)
        assert code == 2 and _one_line(err) and "recommender data import" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [(DataError("no"), 1), (OSError(28, "No space left on device", "f"), 3), (MemoryError(), 3)],
)
def test_exit_codes_of_failures(run, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("recommender.cli.diagnose_command.run_diagnose", fail)
    got, _, err = run("diagnose")
    assert got == code and _one_line(err)


def test_wrong_settings_exit_2_and_show_no_secret(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECOMMENDER_TOKEN_KEY", "short-secret")
    code, _, err = run("doctor")
    assert code == 2 and _one_line(err) and "RECOMMENDER_TOKEN_KEY" in err and "short-secret" not in err


def test_token_is_one_line_that_the_pages_accept(run, city) -> None:
    teacher = str(city.workspace.tables["teachers"]["teacher_id"].iloc[0])
    code, out, _ = run("token", "--role", "teacher", "--subject", teacher)
    claims = read_token(Settings().session_key(), out.strip())
    assert code == 0 and out.count("\n") == 1 and claims is not None and claims.subject == teacher


def test_models_list_marks_the_served_one(run, city) -> None:
    code, out, _ = run("models", "list", "--json")
    rows = json.loads(out)
    assert code == 0 and [row["version"] for row in rows if row["served"]] == [
        city.workspace.registry().current()
    ]


def test_evaluate_json(run, city) -> None:
    truth = city.workspace.root / "simulated" / "truth"
    code, out, _ = run("evaluate", "--truth", str(truth), "--json")
    told = json.loads(out)
    assert code == 0 and {row["test"] for row in told["rows"]} >= {"truth"} and told["verdict"]["zh"]


def test_doctor_finds_this_city_fit(run) -> None:
    code, out, _ = run("doctor", "--json")
    told = {finding["check"]: finding for finding in json.loads(out)}
    assert code == 0 and told["tables"]["state"] == told["model"]["state"] == "ok"
    assert told["signing key"]["found"] == "local, mode 0600"


def test_demo_real_needs_tables(run, tmp_path: Path) -> None:
    code, _, err = run("demo", "--real", "--no-serve", workspace=tmp_path)
    assert code == 2 and _one_line(err)


def test_a_taken_port_is_said_before_the_work(run, tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run("demo", "--port", str(taken.getsockname()[1]), workspace=tmp_path)
    assert code == 2 and "--port" in err and _one_line(err) and list(tmp_path.iterdir()) == []


def test_demo_links_sign_in_a_teacher_and_her_school(city) -> None:
    from urllib.parse import parse_qs, urlsplit

    from recommender.cli.demo_command import links

    teachers = city.workspace.tables["teachers"]
    teacher, school = str(teachers["teacher_id"].iloc[3]), str(teachers["school_id"].iloc[3])
    lines = links(city.workspace, city.settings, teacher, "http://127.0.0.1:8000")
    found = [urlsplit(word) for line in lines for word in line.split() if word.startswith("http")]
    assert [url.path for url in found] == [f"/teachers/{teacher}", f"/schools/{school}", "/docs"]
    hers, theirs = (
        read_token(city.settings.session_key(), parse_qs(url.query)["token"][0]) for url in found[:2]
    )
    assert hers is not None and (hers.role, hers.subject) == ("teacher", teacher)
    assert theirs is not None and (theirs.role, theirs.scope) == ("school", {school})


def test_a_fault_of_the_program_is_never_exit_1(run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("recommender.cli.diagnose_command.run_diagnose", fail)
    code, _, err = run("diagnose")
    assert code == 3 and "ZeroDivisionError" in err
